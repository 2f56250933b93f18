using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Sources;

namespace LowMem.Checkpoints.Tests.Safety;

/// <summary>A pickle so long that what weights_only says of it is asked beside its reading.</summary>
public sealed class BackgroundCheckTests
{
    private const string Path = "/memory/long.pt";
    private const int Reads = 60;

    private static readonly byte[] Accepted = MakeArchive([]);
    private static readonly byte[] Refused = MakeArchive([(byte)'(', 0x91, (byte)'0']);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheAnswerIsThatOfAShortOne(bool isAccepted)
    {
        var checkpoint = Checkpoint.Open(Make(isAccepted), Path, TestContext.Current.CancellationToken);

        Assert.Equal(isAccepted, checkpoint.WeightsOnly);
        Assert.Equal(isAccepted ? null : "opcode FROZENSET is none that it reads", checkpoint.WeightsOnlyAnswer!.Reason);
    }

    [Fact]
    public void AReadThatFailsIsAnErrorWhicheverOfTheTwoItIs()
    {
        for (int failing = 0; failing < Reads; failing++)
        {
            var location = Make(isAccepted: true);
            bool isReached = false;
            location.BeforeRead = (number, _) =>
            {
                if (number == failing)
                {
                    isReached = true;
                    throw new IOException("the cable was pulled");
                }
            };

            Checkpoint? opened = null;
            var error = Record.Exception(() => opened = Checkpoint.Open(location, Path, TestContext.Current.CancellationToken));
            Assert.Equal(isReached, error is not null || opened!.Findings.Any(finding => finding.Severity == FindingSeverity.Error));
            Assert.True(error is null or CheckpointException { ErrorId: CheckpointErrorIds.AccessDenied }, error?.ToString());
        }
    }

    [Fact]
    public void NothingIsReadAnyMoreOnceTheReadingHasEnded()
    {
        for (int last = 0; last < Reads; last++)
        {
            using var cancellation = new CancellationTokenSource();
            var location = Make(isAccepted: true);
            location.BeforeRead = (number, _) =>
            {
                if (number == last)
                {
                    cancellation.Cancel();
                }
            };

            var error = Record.Exception(() => Checkpoint.Open(location, Path, cancellation.Token));
            int reads = location.Reads;
            Assert.Equal(cancellation.IsCancellationRequested && error is not null, error is OperationCanceledException);
            Thread.Yield();
            Assert.Equal(reads, location.Reads);
        }
    }

    private static MemoryLocation Make(bool isAccepted)
    {
        var location = new MemoryLocation { KeepsBlocks = false };
        location.Add(Path, isAccepted ? Accepted : Refused, DateTime.UnixEpoch);
        return location;
    }

    private static byte[] MakeArchive(byte[] more)
    {
        var filler = Enumerable.Range(0, 18).Select(number => PickleBytes.Text(new string((char)('a' + number), 60_000)));
        return ZipBytes.PyTorch([.. PickleBytes.Proto(2), (byte)']', (byte)'(', .. filler.SelectMany(text => text), (byte)'e', .. more, (byte)'.']).Build();
    }
}

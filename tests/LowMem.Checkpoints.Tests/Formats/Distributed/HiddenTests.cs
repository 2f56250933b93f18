using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.DistributedBytes;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Formats.Distributed;

/// <summary>What the files of a distributed checkpoint hold and no name of it leads to.</summary>
public sealed class HiddenTests : IDisposable
{
    private const string PieceFile = "__0_0.distcp";

    private readonly CheckpointDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void AStorageInAPieceThatNoTensorUsesDoesNotPass()
    {
        Write([], PieceWith("archive/data/1", new byte[12]));

        var finding = Assert.Single(Verify().Findings);

        Assert.Equal((FindingSeverity.Error, FindingCodes.UnlistedStorage), (finding.Severity, finding.Code));
        Assert.Equal("1 storage is used by no listed tensor, 12 bytes of __0_0.distcp: '0/1'", finding.Message);
    }

    [Fact]
    public void APieceThatTheMetadataDoesNotNameDoesNotPass()
    {
        byte[] between = Piece(3);
        Write(between, Piece(2));

        var finding = Assert.Single(Verify().Findings);

        Assert.Equal((FindingSeverity.Error, FindingCodes.UnlistedStorage, 0L), (finding.Severity, finding.Code, finding.Offset));
        Assert.Contains($"{between.Length} bytes of '{PieceFile}' from 0 on belong to no piece", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APickleBetweenPiecesIsNamed()
    {
        Write([1, 2, 3, .. Call("os", "system")], Piece(2));

        Assert.Equal(["os.system"], directory.Open().UnsafeGlobals);
    }

    [Fact]
    public void APickleBehindTheLastPieceIsNamed()
    {
        Write([], Piece(2), [1, 2, 3, .. Call("os", "system"), .. Call("mymodule", "run")]);

        var checkpoint = directory.Open();

        Assert.Equal(["os.system"], checkpoint.UnsafeGlobals);
        Assert.Equal(["mymodule.run"], checkpoint.UnknownGlobals);
    }

    [Fact]
    public void APieceAsPyTorchWritesItPasses()
    {
        Write([], Piece(2));

        Assert.Empty(Verify().Findings);
    }

    private static byte[] PieceWith(string record, byte[] bytes)
    {
        byte[] pickle = [.. Proto(2), .. TensorBytes.Tensor(TensorBytes.Storage("0", 2), 0, [2], [1]), (byte)'.'];
        return ZipBytes.PyTorch(pickle).Add("archive/data/0", new byte[8]).Add(record, bytes).Build();
    }

    private void Write(byte[] before, byte[] piece, byte[]? behind = null)
    {
        byte[] names = Dict(("w", Tensor([2], Chunk([0], [2]))));
        directory.Write(".metadata", Metadata(names, Places((Index("w", 0), Place(PieceFile, before.Length, piece.Length)))));
        directory.Write(PieceFile, [.. before, .. piece, .. behind ?? []]);
    }

    private CheckpointVerdict Verify() =>
        CheckpointVerifier.Verify(directory.Path, cancellationToken: TestContext.Current.CancellationToken);
}

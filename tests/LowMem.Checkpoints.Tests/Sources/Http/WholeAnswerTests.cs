using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Values;
using LowMem.TestServer;

namespace LowMem.Checkpoints.Tests.Sources.Http;

/// <summary>Servers that give whole files alone, of a length or of none that is known.</summary>
public sealed class WholeAnswerTests : RemoteFixture
{
    private const string Path = "/model.safetensors";

    [Fact]
    public void AServerWithoutRangesIsAnErrorUnlessTheWholeMayBeFetched()
    {
        byte[] large = SafetensorsBytes.One("w", new float[400_000]);
        string uri = Server.Add(Path, large);
        Server.Fault = async (context, request) =>
        {
            await FileServer.SendAsync(context, Server.Files[Path], request with { Range = null });
            return true;
        };

        var error = Assert.Throws<CheckpointException>(() => Open(uri));
        Assert.Equal(CheckpointErrorIds.RemoteRangesUnsupported, error.ErrorId);
        Assert.Contains($"as a whole alone ({large.Length} bytes)", error.Message, StringComparison.Ordinal);

        var checkpoint = Open(uri, Options(allowsFullDownload: true));
        using var reader = new TensorDataReader(checkpoint);
        byte[] values = new byte[1_600_000];
        reader.Read(checkpoint.Tensors[0], 0, values, Stop);
        Assert.Equal(large[^values.Length..], values);
    }

    [Fact]
    public void ASmallFileIsTakenFromAServerWithoutRanges()
    {
        string uri = Server.Add(Path, SafetensorsBytes.One("w", 1, 2));
        Server.Fault = async (context, request) =>
        {
            await FileServer.SendAsync(context, Server.Files[Path], request with { Range = null });
            return true;
        };

        Assert.Equal("w", Open(uri).Tensors[0].Key);
    }

    [Fact]
    public void ASmallFileInChunksIsTaken()
    {
        Server.Fault = async (context, _) =>
        {
            await context.Response.Body.WriteAsync(SafetensorsBytes.One("w", 1, 2));
            return true;
        };

        Assert.Equal("w", Open(Server.Add(Path, [1])).Tensors[0].Key);
    }

    [Fact]
    public void AWholeFileOfUnknownLengthIsNotFetched()
    {
        Server.Fault = async (context, _) =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(new byte[4096]);
            }

            return true;
        };

        var error = Assert.Throws<CheckpointException>(() => Open(Server.Add(Path, [1]), Options(allowsFullDownload: true)));

        Assert.Equal(CheckpointErrorIds.RemoteRangesUnsupported, error.ErrorId);
        Assert.Contains("does not say how long it is", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnEmptyFileIsOne(bool hasRanges)
    {
        string uri = Server.Add(Path, []);
        Server.Fault = hasRanges ? null : (context, _) =>
        {
            context.Response.ContentLength = 0;
            return Task.FromResult(true);
        };

        var error = Assert.Throws<CheckpointException>(() => Open(uri));

        Assert.Contains("the file is empty (0 bytes)", error.Message, StringComparison.Ordinal);
    }
}

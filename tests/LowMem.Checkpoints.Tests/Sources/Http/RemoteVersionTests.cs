using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Tests.Sources.Http;

/// <summary>A file on a server has a version, and another one is an error and no mixture.</summary>
public sealed class RemoteVersionTests : RemoteFixture
{
    private const string Path = "/model.safetensors";

    private static readonly byte[] File = SafetensorsBytes.One("w", [.. Enumerable.Range(0, 200_000).Select(i => (float)i)]);

    [Theory]
    [InlineData("\"v2\"", "ETag")]
    [InlineData(null, "ETag")]
    public void AFileThatChangesIsAnError(string? tag, string said)
    {
        string uri = Server.Add(Path, File);
        var checkpoint = Open(uri);
        Server.Files[Path] = Server.Files[Path] with { Tag = tag };

        AssertChanged(checkpoint, said);
    }

    [Fact]
    public void AFileThatChangesIsAnErrorByItsTimeWhereItHasNoTag()
    {
        string uri = Server.Add(Path, File);
        Server.Files[Path] = Server.Files[Path] with { Tag = null };
        var checkpoint = Open(uri);
        Server.Files[Path] = Server.Files[Path] with { LastModified = DateTimeOffset.UnixEpoch };

        AssertChanged(checkpoint, "Last-Modified");
    }

    [Fact]
    public void AFileThatGrowsIsAnError()
    {
        string uri = Server.Add(Path, File);
        var checkpoint = Open(uri);
        Server.Files[Path] = Server.Files[Path] with { Bytes = [.. File, 1] };

        AssertChanged(checkpoint, $"has {File.Length + 1} bytes instead of {File.Length}");
    }

    private static void AssertChanged(Checkpoint checkpoint, string said)
    {
        using var reader = new TensorDataReader(checkpoint);
        var error = Assert.Throws<CheckpointException>(() => reader.Read(checkpoint.Tensors[0], 400_000, new byte[4], Stop));

        Assert.Equal(CheckpointErrorIds.Changed, error.ErrorId);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }
}

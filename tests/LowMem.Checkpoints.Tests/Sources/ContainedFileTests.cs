using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.DistributedBytes;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Sources;

/// <summary>Links in the directory of a checkpoint: which are followed, and that nothing of the others' targets is told.</summary>
public sealed class ContainedFileTests : IDisposable
{
    private const string Secret = "{\"password of the administrator";

    private const string Refused = "a link leads out of the directory of the checkpoint, and is not followed";

    private readonly CheckpointDirectory root = new();

    public void Dispose() => root.Dispose();

    [Theory]
    [InlineData("snapshots/0123abc")]
    [InlineData("snapshots/0123abc/fp16")]
    public void TheCacheOfHuggingFaceIsRead(string snapshot)
    {
        string up = string.Concat(snapshot.Split('/').Select(_ => "../"));
        WriteModel("models--o--m/blobs/aa", "models--o--m/blobs/bb");
        Link($"models--o--m/{snapshot}/model.safetensors.index.json", $"{up}blobs/bb");
        Link($"models--o--m/{snapshot}/1.safetensors", $"{up}blobs/aa");

        var checkpoint = Open($"models--o--m/{snapshot}");

        Assert.Empty(checkpoint.Findings);
        Assert.Equal("a", Assert.Single(checkpoint.Tensors).Key);
        Assert.Equal(PathOf($"models--o--m/{snapshot}/1.safetensors"), checkpoint.Tensors[0].Path);
    }

    [Fact]
    public void TheCacheIsReadThroughALinkToTheSnapshot()
    {
        root.Write("models--o--m/blobs/aa", SafetensorsBytes.One("a", 1));
        Link("models--o--m/snapshots/0123abc/model.safetensors", "../../blobs/aa");
        Link("latest", "models--o--m/snapshots/0123abc");

        Assert.Equal("a", Assert.Single(Open("latest").Tensors).Key);
    }

    [Fact]
    public void ALinkInsideTheDirectoryIsFollowed()
    {
        WriteModel("model/parts/first", "model/model.safetensors.index.json");
        Link("model/1.safetensors", "parts/first");

        Assert.Empty(Open("model").Findings);
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("../models--o--other/blobs/aa")]
    [InlineData("inside")]
    [InlineData("/etc/passwd")]
    public void AShardThatIsALinkToAnywhereElseIsRefused(string target)
    {
        root.Write("secret", Encoding.UTF8.GetBytes(Secret));
        root.Write("models--o--other/blobs/aa", SafetensorsBytes.One("secret", 1));
        WriteModel("model/2.safetensors", "model/model.safetensors.index.json");
        Link("model/inside", "../secret");
        Link("model/1.safetensors", target);

        AssertRefused("model");
    }

    [Fact]
    public void AShardBelowALinkedDirectoryIsRefused()
    {
        root.Write("other/1.safetensors", SafetensorsBytes.One("secret", 1));
        root.Write("model/model.safetensors.index.json", """{"weight_map":{"a":"sub/1.safetensors"}}"""u8.ToArray());
        Link("model/sub", "../other");

        AssertRefused("model");
    }

    [Fact]
    public void TheBlobsOfAnotherModelAreNotThoseOfTheSnapshot()
    {
        root.Write("models--o--other/blobs/aa", SafetensorsBytes.One("secret", 1));
        root.Write("models--o--m/snapshots/1/model.safetensors.index.json", """{"weight_map":{"a":"1.safetensors"}}"""u8.ToArray());
        Link("models--o--m/snapshots/1/1.safetensors", "../../../models--o--other/blobs/aa");

        AssertRefused("models--o--m/snapshots/1");
    }

    [Fact]
    public void ABlobThatIsItselfALinkIsRefused()
    {
        root.Write("secret", SafetensorsBytes.One("secret", 1));
        root.Write("m/snapshots/1/model.safetensors.index.json", """{"weight_map":{"a":"1.safetensors"}}"""u8.ToArray());
        root.Write("m/blobs/bb", []);
        Link("m/blobs/aa", "../../secret");
        Link("m/snapshots/1/1.safetensors", "../../blobs/aa");

        AssertRefused("m/snapshots/1");
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("pytorch_model.bin")]
    [InlineData("model.safetensors.index.json")]
    [InlineData(".metadata")]
    public void TheFileOfADirectoryIsHeldToTheSame(string name)
    {
        root.Write("secret", Encoding.UTF8.GetBytes(Secret));
        Link($"model/{name}", "../secret");

        var error = Assert.Throws<CheckpointException>(() => Open("model"));

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Contains(Refused, error.Message, StringComparison.Ordinal);
        AssertNoSecret(error.ToString());
    }

    [Fact]
    public void APieceOfADistributedCheckpointIsHeldToTheSame()
    {
        root.Write("secret", Encoding.UTF8.GetBytes(Secret));
        byte[] names = Dict(("w", Tensor([2], Chunk([0], [2]))));
        root.Write("model/.metadata", Metadata(names, Places((Index("w", 0), Place("__0_0.distcp", 0, 10)))));
        Link("model/__0_0.distcp", "../secret");

        AssertRefused("model");
    }

    [Fact]
    public void AFileThatIsNamedByTheUserMayBeALinkToAnywhere()
    {
        root.Write("elsewhere/weights", SafetensorsBytes.One("a", 1));
        Link("model/model.safetensors", "../elsewhere/weights");

        Assert.Equal("a", Assert.Single(Open("model/model.safetensors").Tensors).Key);
    }

    private string PathOf(string name) => Path.Combine(root.Path, name);

    private Checkpoint Open(string name) => Checkpoint.Open(PathOf(name), TestContext.Current.CancellationToken);

    private void WriteModel(string shard, string index)
    {
        root.Write(shard, SafetensorsBytes.One("a", 1));
        root.Write(index, """{"weight_map":{"a":"1.safetensors"}}"""u8.ToArray());
    }

    private void Link(string name, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.CreateSymbolicLink(PathOf(name), target);
    }

    private void AssertRefused(string name)
    {
        var checkpoint = Open(name);

        var finding = checkpoint.Findings.First(each => each.Code == FindingCodes.ShardMissing);
        Assert.Contains(Refused, finding.Message, StringComparison.Ordinal);
        Assert.All(checkpoint.Tensors, tensor => Assert.NotNull(tensor.UnreadableReason));
        var verdict = CheckpointVerifier.Verify(
            PathOf(name), new VerificationOptions { Level = VerificationLevel.Values }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(verdict.Passed);
        AssertNoSecret(string.Join('\n', [.. checkpoint.Findings, .. verdict.Findings, .. checkpoint.Tensors.Select(tensor => tensor.UnreadableReason)]));
    }

    /// <summary>Neither as text nor as the hexadecimal digits in which the start of an unknown file is shown.</summary>
    private static void AssertNoSecret(string text)
    {
        Assert.DoesNotContain("password", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secret", text.Replace("../secret", string.Empty, StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Secret))[..8], text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("root", text, StringComparison.Ordinal);
    }
}

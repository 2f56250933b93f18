using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Verification;

/// <summary>What is tested in a folder of anything.</summary>
public class CheckpointFinderTests
{
    [Fact]
    public void FindsByContentAndSkipsWhatIsNone()
    {
        using var directory = new CheckpointDirectory();
        directory.Write("a/weights", SafetensorsBytes.One("a", 1));
        directory.Write("a/zip", File.ReadAllBytes(Path.Combine(FixtureFiles.Samples, "boring.pt")));
        directory.Write("a/config.json", "{\"a\": 1}"u8.ToArray());
        directory.Write("a/README.md", "text"u8.ToArray());
        directory.Write("a/empty", []);
        directory.Write("a/archive", new ZipBytes().Add("document.xml", [1]).Build());
        directory.Write("b/pickle", [0x80, 2, (byte)'N', (byte)'.']);
        Assert.Equal(["a/weights", "a/zip", "b/pickle"], Find(directory));
    }

    [Fact]
    public void WhatIsNamedAsACheckpointIsTestedThoughItIsNone()
    {
        using var directory = new CheckpointDirectory();
        directory.Write("broken.pt", "Not Found"u8.ToArray());
        directory.Write("empty.safetensors", []);
        directory.Write("model.safetensors.index.json", "{"u8.ToArray());
        directory.Write("pytorch_model.bin", [1]);
        directory.Write("other.bin", [1]);
        Assert.Equal(["model.safetensors.index.json", "broken.pt", "empty.safetensors", "pytorch_model.bin"], Find(directory));
    }

    [Fact]
    public void ShardsArePartsOfTheirIndex()
    {
        using var directory = new CheckpointDirectory();
        directory.WriteIndex("""{"weight_map": {"a": "a.safetensors", "b": "gone.safetensors"}}""");
        directory.Write("a.safetensors", SafetensorsBytes.One("a", 1));
        directory.Write("other.safetensors", SafetensorsBytes.One("o", 1));
        Assert.Equal([CheckpointDirectory.IndexName, "other.safetensors"], Find(directory));
    }

    [Fact]
    public void ALinkToADirectoryIsNotFollowed()
    {
        using var directory = new CheckpointDirectory();
        directory.Write("a/model.safetensors", SafetensorsBytes.One("a", 1));
        Directory.CreateSymbolicLink(Path.Combine(directory.Path, "a", "loop"), directory.Path);
        Assert.Equal(["a/model.safetensors"], Find(directory));
    }

    [Fact]
    public void BlobsOfACacheAreFoundByTheirSnapshot()
    {
        using var directory = new CheckpointDirectory();
        directory.Write("models--x/blobs/0123", SafetensorsBytes.One("a", 1));
        Directory.CreateDirectory(Path.Combine(directory.Path, "models--x", "snapshots", "rev"));
        File.CreateSymbolicLink(Path.Combine(directory.Path, "models--x", "snapshots", "rev", "model.safetensors"), "../../blobs/0123");
        Assert.Equal(["models--x/snapshots/rev/model.safetensors"], Find(directory));
    }

    [Fact]
    public void ShardsWithoutAnIndexAreOneCheckpoint()
    {
        using var directory = new CheckpointDirectory();
        directory.Write("model-00001-of-00003.safetensors", SafetensorsBytes.One("a", 1));
        directory.Write("model-00002-of-00003.safetensors", SafetensorsBytes.One("b", 1));
        directory.Write("consolidated.00.pth", SafetensorsBytes.One("c", 1));
        directory.Write("consolidated.01.pth", SafetensorsBytes.One("c", 1));
        directory.Write("x.safetensors", SafetensorsBytes.One("x", 1));

        Assert.Equal(["model-*-of-00003.safetensors", "consolidated.00.pth", "consolidated.01.pth", "x.safetensors"], Find(directory));
    }

    [Fact]
    public void CheckpointsInArchivesAreFound()
    {
        using var directory = new CheckpointDirectory();
        byte[] zip = new ZipBytes().Add("data", [1]).Add("policy.pth", SafetensorsBytes.One("a", 1)).Add("more.zip", [1]).Build();
        directory.Write("agent.zip", zip);
        directory.Write("model.nemo", new TarFiles().Add("./model_weights.ckpt", SafetensorsBytes.One("a", 1)).Build());
        directory.Write("broken.mar", [1]);

        Assert.Equal(["agent.zip!/policy.pth", "broken.mar", "model.nemo!/model_weights.ckpt"], Find(directory));
    }

    private static string[] Find(CheckpointDirectory directory) =>
    [
        .. new CheckpointFinder().Find(directory.Path, TestContext.Current.CancellationToken)
            .Select(path => Path.GetRelativePath(directory.Path, path).Replace('\\', '/')),
    ];
}

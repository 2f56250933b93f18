using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Formats.Sharded;

/// <summary>Sets of shards of which something is missing, broken or named wrongly; the rest is listed.</summary>
public sealed class InvalidInputTests : IDisposable
{
    private readonly CheckpointDirectory directory = new();

    public InvalidInputTests() => directory.Write("good.safetensors", SafetensorsBytes.One("a", 1));

    public void Dispose() => directory.Dispose();

    [Fact]
    public void AShardThatIsMissingIsNamed() => AssertFinding("missing.safetensors", "shard 'missing.safetensors' cannot be read: there is no such file");

    [Fact]
    public void AShardThatIsEmptyIsNamed()
    {
        directory.Write("empty.bin", []);
        AssertFinding("empty.bin", "shard 'empty.bin' cannot be read: the file is empty (0 bytes)");
    }

    [Fact]
    public void AShardThatIsCutIsNamed()
    {
        byte[] content = SafetensorsBytes.One("b", 1, 2);
        directory.Write("cut.safetensors", content[..^3]);
        AssertFinding("cut.safetensors", $"shard 'cut.safetensors' cannot be read: truncated: {content.Length - 3} of {content.Length} bytes");
    }

    [Fact]
    public void AShardThatIsADirectoryIsNamed()
    {
        Directory.CreateDirectory(Path.Combine(directory.Path, "folder"));
        AssertFinding("folder", "shard 'folder' cannot be read: ");
    }

    [Fact]
    public void AShardThatIsAnIndexIsNamed()
    {
        directory.Write("second.index.json", """{"weight_map":{"b":"good.safetensors"}}"""u8.ToArray());
        AssertFinding("second.index.json", "a shard index cannot be a shard of another one");
    }

    [Fact]
    public void AShardThatIsItsOwnIndexIsNamed() => AssertFinding(CheckpointDirectory.IndexName, "a shard index cannot be a shard of another one");

    [Fact]
    public void AShardThatIsTheMetadataOfADistributedCheckpointIsNamed()
    {
        directory.Write("part", File.ReadAllBytes(Path.Combine(Fixtures.FixtureFiles.PathOf("dcp"), ".metadata")));
        AssertFinding("part", "a distributed checkpoint cannot be a part of another checkpoint");
    }

    [Fact]
    public void KeysInTheWrongShardAreNamedBothWays()
    {
        directory.Write("other.safetensors", SafetensorsBytes.One("b", 2));
        directory.WriteIndex("""{"weight_map":{"b":"good.safetensors","a":"other.safetensors"}}""");

        Assert.Equal(
            [
                (FindingSeverity.Error, FindingCodes.ShardKeyMissing, "b", "the index places 'b' in 'good.safetensors', which does not hold it"),
                (FindingSeverity.Warning, FindingCodes.ShardKeyUnexpected, "a", "'good.safetensors' holds 'a', which the index does not place there"),
                (FindingSeverity.Error, FindingCodes.ShardKeyMissing, "a", "the index places 'a' in 'other.safetensors', which does not hold it"),
                (FindingSeverity.Warning, FindingCodes.ShardKeyUnexpected, "b", "'other.safetensors' holds 'b', which the index does not place there"),
            ],
            directory.Open().Findings.Select(finding => (finding.Severity, finding.Code, finding.Key!, finding.Message)));
    }

    [Theory]
    [InlineData("""[]""", "no checkpoint of a known format")]
    [InlineData("""{ "a": 1 }""", "it has no object 'weight_map'")]
    [InlineData("""{"weight_map":"a"}""", "it has no object 'weight_map'")]
    [InlineData("""{"weight_map":{"a":["good.safetensors"]}}""", "key 'a' names the shard '', which is no file beside the index")]
    [InlineData("""{"weight_map":{"a":"good.safetensors","b":7}}""", "key 'b' names the shard '', which is no file beside the index")]
    [InlineData("""{"weight_map":{"a":"good.safetensors"}} {}""", "broken shard index")]
    [InlineData("""{"weight_map":{"a":"good.safetensors",}}""", "broken shard index")]
    public void AnIndexWithAFieldOfAnotherTypeIsRefused(string json, string message)
    {
        directory.WriteIndex(json);

        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ADirectoryWithoutACheckpointSaysWhatWasLookedFor()
    {
        File.Delete(Path.Combine(directory.Path, "good.safetensors"));
        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
        Assert.Contains("there is no '*.index.json', '.metadata', 'model.safetensors' or 'pytorch_model.bin'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ADirectoryWithTwoIndexesOfOtherNamesIsNotGuessedAt()
    {
        directory.Write("a.index.json", "{}"u8.ToArray());
        directory.Write("b.index.json", "{}"u8.ToArray());

        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
        Assert.Contains("holds 2 checkpoints, and it does not show which one is meant: 'a.index.json', 'b.index.json'. Name the one that is meant", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Of a set of one good shard and one that is not, the good one is listed and the other named.</summary>
    private void AssertFinding(string shard, string message)
    {
        directory.WriteIndex($$$"""{"weight_map":{"a":"good.safetensors","b":"{{{shard}}}"}}""");

        var checkpoint = directory.Open();

        Assert.Equal("a", Assert.Single(checkpoint.Tensors).Key);
        var finding = Assert.Single(checkpoint.Findings);
        Assert.Equal((FindingSeverity.Error, FindingCodes.ShardMissing), (finding.Severity, finding.Code));
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }
}

using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Formats.Sharded;

/// <summary>Sets of shards that are legal and seldom.</summary>
public sealed class EdgeCaseTests : IDisposable
{
    private readonly CheckpointDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void ShardsMayLieInFoldersBelowTheIndex()
    {
        directory.Write("parts/one.safetensors", SafetensorsBytes.One("a", 1));
        directory.WriteIndex("""{"weight_map":{"a":"parts/one.safetensors"}}""");

        var checkpoint = directory.Open();

        Assert.Equal("one.safetensors", Path.GetFileName(Assert.Single(checkpoint.Tensors).Path));
        Assert.Empty(checkpoint.Findings);
    }

    public static TheoryData<byte[]> Marks { get; } = new(
        [0xef, 0xbb, 0xbf, .. Encoding.UTF8.GetBytes(Map)],
        [0xff, 0xfe, .. Encoding.Unicode.GetBytes(Map)],
        [0xfe, 0xff, .. Encoding.BigEndianUnicode.GetBytes(Map)],
        [.. Encoding.Unicode.GetBytes(Map)],
        [.. Encoding.BigEndianUnicode.GetBytes(Map)]);

    private const string Map = """{"weight_map":{"größe":"one.safetensors"}}""";

    [Theory]
    [MemberData(nameof(Marks))]
    public void AnIndexMayBeUtf16OrHaveAByteOrderMark(byte[] index)
    {
        directory.Write("one.safetensors", SafetensorsBytes.One("größe", 1));
        directory.Write(CheckpointDirectory.IndexName, index);

        var checkpoint = directory.Open();

        Assert.Equal("größe", Assert.Single(checkpoint.Tensors).Key);
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void AnIndexThatIsMarkedAsUtf16AndIsNotIsAnError()
    {
        directory.Write(CheckpointDirectory.IndexName, [0xff, 0xfe, (byte)'{', 0, .. Encoding.Unicode.GetBytes(new string(' ', 40)), 0, 0xd8]);

        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Contains("not valid UTF-16", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ShardsMayBeOfSeveralFormats()
    {
        directory.Write("one.safetensors", SafetensorsBytes.One("a", 1));
        directory.Write("größe 🔥.bin", TensorBytes.Archive([("b", TensorBytes.Vector("0", 1))], ("0", new byte[4])).Build());
        directory.WriteIndex("""{"weight_map":{"a":"one.safetensors","b":"größe 🔥.bin"}}""");

        var checkpoint = directory.Open();

        // Shards are read in the order of their names.
        Assert.Equal(
            [("b", CheckpointFormats.PyTorchZip), ("a", CheckpointFormats.Safetensors)], checkpoint.Tensors.Select(tensor => (tensor.Key, tensor.Format)));
        Assert.Equal(2, checkpoint.ShardCount);
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void MetadataOfAnyTypeIsShownAsText()
    {
        directory.Write("one.safetensors", SafetensorsBytes.One("a", 1));
        directory.WriteIndex("""{"metadata":{"total_size":4,"x":null,"y":[1, 2],"z":"text"},"weight_map":{"a":"one.safetensors"}}""");

        Assert.Equal(
            [("total_size", "4"), ("x", "null"), ("y", "[1, 2]"), ("z", "text")],
            directory.Open().Metadata.Select(item => (item.Key, item.Value)));
    }

    [Theory]
    [InlineData("""{"metadata":[],"weight_map":{"a":"one.safetensors"}}""")]
    [InlineData("""{"weight_map":{"a":"one.safetensors"},"metadata":7}""")]
    [InlineData("""  {"weight_map":{"a":"one.safetensors"},"other":{"weight_map":{}}}  """)]
    public void WhatIsBesideTheMapIsOfNoAccount(string json)
    {
        directory.Write("one.safetensors", SafetensorsBytes.One("a", 1));
        directory.WriteIndex(json);

        var checkpoint = directory.Open();

        Assert.Equal("a", Assert.Single(checkpoint.Tensors).Key);
        Assert.Empty(checkpoint.Metadata);
    }

    [Fact]
    public void AShardMayHoldNothing()
    {
        directory.Write("one.safetensors", SafetensorsBytes.File("{}"));
        directory.WriteIndex("""{"weight_map":{"a":"one.safetensors"}}""");

        var checkpoint = directory.Open();

        var finding = Assert.Single(checkpoint.Findings);
        Assert.Equal((FindingCodes.ShardKeyMissing, "a"), (finding.Code, finding.Key));
        Assert.Empty(checkpoint.Tensors);
    }

    [Fact]
    public void TheIndexOfSafetensorsComesFirst()
    {
        directory.Write("one.safetensors", SafetensorsBytes.One("a", 1));
        directory.Write("pytorch_model.bin.index.json", "not even JSON"u8.ToArray());
        directory.Write("model.safetensors", "no checkpoint"u8.ToArray());
        directory.WriteIndex("""{"weight_map":{"a":"one.safetensors"}}""");

        Assert.Equal("a", Assert.Single(directory.Open().Tensors).Key);
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("pytorch_model.bin")]
    [InlineData("other.index.json")]
    public void ADirectoryMayHoldOneFileOfAKnownName(string name)
    {
        directory.Write(name, SafetensorsBytes.One("a", 1));

        var checkpoint = directory.Open();

        Assert.Equal("a", Assert.Single(checkpoint.Tensors).Key);
        Assert.Equal(directory.Path, checkpoint.Path);
    }
}

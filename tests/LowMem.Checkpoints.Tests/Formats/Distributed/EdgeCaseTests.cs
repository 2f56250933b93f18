using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Values;
using static LowMem.Checkpoints.Tests.Builders.DistributedBytes;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Formats.Distributed;

/// <summary>Distributed checkpoints: what is legal, and reading across pieces.</summary>
public sealed class EdgeCaseTests : IDisposable
{
    private readonly FixtureCopy copy = new("dcp");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => copy.Dispose();

    [Fact]
    public void IsFoundByItsDirectoryAndByItsMetadata()
    {
        var byDirectory = Open();
        var byFile = Checkpoint.Open(Path.Combine(copy.Path, ".metadata"), Token);

        Assert.Equal(byDirectory.Tensors.Select(tensor => tensor.Key), byFile.Tensors.Select(tensor => tensor.Key));
        Assert.Equal((CheckpointFormats.Distributed, "1.0.0", 2), (byDirectory.Format, byDirectory.FormatVersion, byDirectory.ShardCount));
        Assert.Equal(3, byDirectory.Files.Count);
        Assert.Empty(byDirectory.Findings);
        Assert.Empty(byDirectory.UnsafeGlobals);
        Assert.Empty(byDirectory.UnknownGlobals);
    }

    [Fact]
    public void GivesAPlaceOnlyToATensorThatLiesInOnePiece()
    {
        var tensors = Open().Tensors.ToDictionary(tensor => tensor.Key);

        Assert.Equal(-1, tensors["model.rows"].Offset);
        Assert.Null(tensors["model.rows"].StorageKey);
        var whole = tensors["model.whole"];
        Assert.Equal([0, 0, 0xc0, 0x3f, 0, 0, 0x20, 0xc0], File.ReadAllBytes(whole.Path).AsSpan((int)whole.Offset, 8).ToArray());
        Assert.Equal(["__0_0.distcp", "__1_0.distcp"], tensors["model.rows"].GetPaths().Select(Path.GetFileName));
        Assert.Equal(8L + (35 * 4), new[] { whole, tensors["model.rows"] }.Sum(tensor => tensor.ByteLength));
    }

    [Theory]
    [InlineData("model.columns", 2)]
    [InlineData("model.grid", 4)]
    [InlineData("model.uneven", 2)]
    public void ReadsAnyPartOfATensorAcrossItsPieces(string key, int size)
    {
        var tensor = Open().Tensors.Single(tensor => tensor.Key == key);
        using var reader = new TensorDataReader();
        var whole = new byte[tensor.ByteLength];
        reader.Read(tensor, 0, whole, Token);
        for (int start = 0; start <= whole.Length; start += size)
        {
            for (int length = 0; start + length <= whole.Length; length += size)
            {
                var part = new byte[length];
                reader.Read(tensor, start, part, Token);
                Assert.Equal(whole.AsSpan(start, length).ToArray(), part);
            }
        }
    }

    [Fact]
    public void MayHoldNothing()
    {
        using var directory = new CheckpointDirectory();
        directory.Write(".metadata", Metadata(Dict(), Places()));

        var checkpoint = directory.Open();

        Assert.Equal((CheckpointFormats.Distributed, 0), (checkpoint.Format, checkpoint.ShardCount));
        Assert.Empty(checkpoint.Tensors);
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void ListsTensorsWithoutDimensionsWithoutElementsAndWithEmptyPieces()
    {
        byte[] scalar = Piece();
        byte[] two = Piece(2);
        using var directory = new CheckpointDirectory();
        directory.Write("folder/größe 🔥", [.. scalar, .. two]);
        directory.Write(".metadata", Metadata(
            Dict(("step", Tensor([], Chunk([], []))), ("none", Tensor([0, 3])), ("two", Tensor([2], Chunk([0], [2]), Chunk([2], [0])))),
            Places(
                (Index("step"), Place("folder/größe 🔥", 0, scalar.Length)),
                (Index("two", 0), Place("folder/größe 🔥", scalar.Length, two.Length)))));

        var checkpoint = directory.Open();

        Assert.Empty(checkpoint.Findings);
        Assert.Equal([("step", 4L), ("none", 0L), ("two", 8L)], checkpoint.Tensors.Select(tensor => (tensor.Key, tensor.ByteLength)));
        Assert.All(checkpoint.Tensors, tensor => Assert.Null(tensor.UnreadableReason));
        Assert.Empty(checkpoint.Tensors[0].Shape);
    }

    [Fact]
    public void TwoNamesMayShareAPiece()
    {
        byte[] piece = Piece(2);
        using var directory = new CheckpointDirectory();
        directory.Write("f", piece);
        directory.Write(".metadata", Metadata(
            Dict(("tied.a", Tensor([2], Chunk([0], [2]))), ("tied.b", Tensor([2], Chunk([0], [2])))),
            Places((Index("tied.a", 0), Place("f", 0, piece.Length)), (Index("tied.b", 0), Place("f", 0, piece.Length)))));

        var checkpoint = directory.Open();

        Assert.Empty(checkpoint.Findings);
        Assert.Equal(checkpoint.Tensors[0].Offset, checkpoint.Tensors[1].Offset);
        Assert.Equal(8, checkpoint.GetSummary().ByteLength);
    }

    private Checkpoint Open() => Checkpoint.Open(copy.Path, Token);
}

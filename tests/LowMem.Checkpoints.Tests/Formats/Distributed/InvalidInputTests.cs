using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Formats.Distributed;

/// <summary>Distributed checkpoints with files missing, cut or changed.</summary>
public sealed class InvalidInputTests : IDisposable
{
    private readonly FixtureCopy copy = new("dcp");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => copy.Dispose();

    [Fact]
    public void ListsTheOtherTensorsWhenAFileIsMissing()
    {
        File.Delete(Path.Combine(copy.Path, "__1_0.distcp"));

        var checkpoint = Open();

        Assert.Equal(FindingCodes.ShardMissing, checkpoint.Findings[0].Code);
        Assert.Contains("'__1_0.distcp'", checkpoint.Findings[0].Message, StringComparison.Ordinal);
        var readable = checkpoint.Tensors.Where(tensor => tensor.UnreadableReason is null).Select(tensor => tensor.Key);
        Assert.Equal(["steps", "empty"], readable.Where(key => !key.StartsWith("net.", StringComparison.Ordinal)));
        Assert.Equal(
            ["model.rows", "model.columns", "model.grid", "model.whole", "model.uneven", "net.0.weight", "net.3.weight", "extra"],
            checkpoint.Findings.Skip(1).Select(finding => finding.Key));
        Assert.Equal([7L, 5], checkpoint.Tensors.Single(tensor => tensor.Key == "model.rows").Shape);
    }

    [Fact]
    public void SaysHowManyBytesOfHowManyACutFileHas()
    {
        string path = Path.Combine(copy.Path, "__0_0.distcp");
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..^10]);

        var finding = Open().Findings.First(finding => finding.Code == FindingCodes.FileTruncated);

        Assert.Contains($"truncated: {bytes.Length - 10} of {bytes.Length} bytes", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesBytesThatBelongToNoPieceOfTheMetadata()
    {
        string path = Path.Combine(copy.Path, "__0_0.distcp");
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, [.. bytes, .. Builders.DistributedBytes.Piece(2)]);

        var finding = Assert.Single(Open().Findings, finding => finding.Code == FindingCodes.UnlistedStorage);

        long length = new FileInfo(path).Length - bytes.Length;
        Assert.Equal((FindingSeverity.Error, bytes.Length), (finding.Severity, finding.Offset));
        Assert.Equal($"{length} bytes of '__0_0.distcp' from {bytes.Length} on belong to no piece that the metadata names", finding.Message);
    }

    [Fact]
    public void WarnsOfBytesBehindTheLastPiece()
    {
        File.AppendAllText(Path.Combine(copy.Path, "__0_0.distcp"), "xyz");

        var finding = Assert.Single(Open().Findings);

        Assert.Equal((FindingSeverity.Warning, FindingCodes.TrailingBytes), (finding.Severity, finding.Code));
    }

    [Fact]
    public void RefusesPiecesThatOverlap()
    {
        // The rows of the second piece start at 4: as torch.Size, K \x04 K \x00 in the pickle, with sizes (3, 5) behind.
        copy.Change(".metadata", [(byte)'K', 4, (byte)'K', 0, 0x86], [(byte)'K', 3, (byte)'K', 0, 0x86]);

        var checkpoint = Open();

        var finding = Assert.Single(checkpoint.Findings, finding => finding.Code != FindingCodes.UnlistedStorage);
        Assert.Equal((FindingCodes.ChunkLayoutInvalid, "model.rows"), (finding.Code, finding.Key));
        Assert.Contains("[4, 5] at [0, 0] and [3, 5] at [3, 0] overlap", finding.Message, StringComparison.Ordinal);
        Assert.NotNull(checkpoint.Tensors.Single(tensor => tensor.Key == "model.rows").UnreadableReason);
    }

    [Fact]
    public void RefusesPiecesThatLeaveAGap()
    {
        // The whole is [8, 5] now, and its pieces have 4 and 3 rows.
        copy.Change(".metadata", [(byte)'K', 7, (byte)'K', 5, 0x86], [(byte)'K', 8, (byte)'K', 5, 0x86]);

        var finding = Open().Findings[0];

        Assert.Equal(FindingCodes.ChunkLayoutInvalid, finding.Code);
        Assert.Contains("35 of its 40 elements", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesAPieceOfAnotherShapeThanAnnounced()
    {
        copy.Change(".metadata", [(byte)'K', 4, (byte)'K', 5, 0x86], [(byte)'K', 2, (byte)'K', 10, 0x86]);

        var finding = Open().Findings[0];

        Assert.Contains("model.rows", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../0_0.distcp")]
    [InlineData("/_0_0.distcp ")]
    public void NeverLeavesItsDirectory(string name)
    {
        copy.Change(".metadata", "__0_0.distcp"u8.ToArray(), Encoding.ASCII.GetBytes(name.Trim().PadRight(12, 'x')[..12]));

        var finding = Open().Findings[0];

        Assert.Equal(FindingCodes.ShardMissing, finding.Code);
        Assert.Contains("is no file in the directory", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesWhatIsDangerousInAPiece()
    {
        // A piece is a zip with a pickle in it: its call of torch._utils becomes one of something else.
        string path = Path.Combine(copy.Path, "__0_0.distcp");
        byte[] bytes = File.ReadAllBytes(path);
        int place = bytes.AsSpan().IndexOf("ctorch._utils\n_rebuild_tensor_v2\n"u8);
        "cos\nsystem\n0"u8.CopyTo(bytes.AsSpan(place));
        File.WriteAllBytes(path, bytes);

        Assert.Equal(["os.system"], Open().UnsafeGlobals);
    }

    [Fact]
    public void RefusesMetadataThatIsCut()
    {
        string path = Path.Combine(copy.Path, ".metadata");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^100]);

        var error = Assert.Throws<CheckpointException>(Open);

        Assert.Equal(CheckpointErrorIds.Truncated, error.ErrorId);
    }

    [Fact]
    public void RefusesMorePiecesThanThereArePlaces()
    {
        // A list of 5000 times the same two bytes: the same piece again and again.
        byte[] start = [0x80, 4, .. StackGlobal("torch.distributed.checkpoint.metadata", "Metadata"), (byte)')', 0x81, (byte)'}', (byte)'('];
        byte[] chunk = [.. StackGlobal("torch.distributed.checkpoint.metadata", "ChunkStorageMetadata"), (byte)')', 0x81, 0x94];
        byte[] properties = [.. StackGlobal("a", "b"), (byte)')', 0x81, (byte)'(', .. StackGlobal("torch", "float32"), (byte)'N', 0x89, (byte)'t', (byte)'b'];
        byte[] tensor =
        [
            .. StackGlobal("a", "c"), (byte)')', 0x81, (byte)'}', (byte)'(', .. Text("size"), (byte)')', .. Text("properties"), .. properties,
            .. Text("chunks"), (byte)']', (byte)'(', .. chunk, .. Enumerable.Repeat(new byte[] { (byte)'h', 0 }, 5000).SelectMany(pair => pair), (byte)'e',
            (byte)'u', (byte)'b',
        ];
        File.WriteAllBytes(
            Path.Combine(copy.Path, ".metadata"),
            [
                .. start, .. Text("state_dict_metadata"), (byte)'}', .. Text("x"), .. tensor, (byte)'s',
                .. Text("storage_data"), (byte)'}', (byte)'u', (byte)'b', (byte)'.',
            ]);

        var error = Assert.Throws<CheckpointException>(Open);

        Assert.Contains("more pieces than it has places for", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[], string> Broken => new()
    {
        { "nothing", [], "ends without a STOP" },
        { "one byte", [(byte)'N'], "ends without a STOP" },
        { "something else", [.. Proto(2), .. Dict(), (byte)'.'], "it holds no Metadata of torch.distributed.checkpoint" },
        { "another class", [.. Proto(2), .. Global("mine", "Metadata"), (byte)')', 0x81, .. Dict(), (byte)'b', (byte)'.'], "it holds no Metadata" },
        { "names that are a list", DistributedBytes.Metadata([(byte)']'], DistributedBytes.Places()), "it holds no Metadata" },
        { "no places", DistributedBytes.Metadata(Dict(), [(byte)'N']), "it does not say where the pieces are" },
        { "a place for a number", DistributedBytes.Metadata(Dict(), DistributedBytes.Places((Int(1), DistributedBytes.Place("f", 0, 1)))), "the place of a piece is not stated as it should be" },
        { "a place that is text", DistributedBytes.Metadata(Dict(), DistributedBytes.Places((DistributedBytes.Index("a", 0), Text("f")))), "the place of a piece is not stated as it should be" },
        { "a negative place", DistributedBytes.Metadata(Dict(), DistributedBytes.Places((DistributedBytes.Index("a", 0), DistributedBytes.Place("f", -1, 1)))), "the place of a piece is not stated as it should be" },
        { "a negative length", DistributedBytes.Metadata(Dict(), DistributedBytes.Places((DistributedBytes.Index("a", 0), DistributedBytes.Place("f", 0, -1)))), "the place of a piece is not stated as it should be" },
        { "a place that is a float", DistributedBytes.Metadata(Dict(), DistributedBytes.Places((DistributedBytes.Index("a", 0), DistributedBytes.Place(Text("f"), Ascii("F0\n"), Int(1))))), "the place of a piece is not stated as it should be" },
        { "a file that is a number", DistributedBytes.Metadata(Dict(), DistributedBytes.Places((DistributedBytes.Index("a", 0), DistributedBytes.Place(Int(0), Int(0), Int(1))))), "the place of a piece is not stated as it should be" },
        { "a place whose end does not fit 64 bits", One([1], [0], [1], place: DistributedBytes.Place("f", long.MaxValue, long.MaxValue)), "a size or offset in the metadata is impossible" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void RefusesMetadataThatMakesNoSense(string what, byte[] metadata, string message)
    {
        using var directory = new CheckpointDirectory();
        directory.Write(".metadata", metadata);
        directory.Write("f", DistributedBytes.Piece(1));

        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.True(error.ErrorId is CheckpointErrorIds.FormatInvalid or CheckpointErrorIds.Truncated, what);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[], string, string> Wrong => new()
    {
        { "a size that is text", Named(DistributedBytes.Tensor(Text("4"), "float32")), FindingCodes.TensorInvalid, "its description makes no sense" },
        { "a negative size", Named(DistributedBytes.Tensor([-1])), FindingCodes.TensorInvalid, "its description makes no sense" },
        { "a type that there is not", Named(DistributedBytes.Tensor(Ints(1), "float33")), FindingCodes.TensorInvalid, "its description makes no sense" },
        { "a description that is a number", Named(Int(1)), FindingCodes.TensorInvalid, "its description makes no sense" },
        { "a piece that is text", Named(DistributedBytes.Tensor([1], Text("x"))), FindingCodes.TensorInvalid, "a piece of it is described as" },
        { "a piece with other dimensions", Named(DistributedBytes.Tensor([1], DistributedBytes.Chunk([0, 0], [1, 1]))), FindingCodes.TensorInvalid, "a piece of it is described as" },
        { "a size that does not fit 64 bits", Named(DistributedBytes.Tensor([long.MaxValue, 3])), FindingCodes.TensorInvalid, "its size does not fit 64 bits" },
        { "no pieces", Named(DistributedBytes.Tensor([4])), FindingCodes.ChunkLayoutInvalid, "its pieces hold 0 of its 4 elements" },
        { "a piece behind the end", One([4], [1], [4]), FindingCodes.ChunkLayoutInvalid, "reaches out of its shape [4]" },
        { "a piece whose end does not fit 64 bits", One([4], [long.MaxValue], [4]), FindingCodes.ChunkLayoutInvalid, "reaches out of its shape [4]" },
        { "a piece without a place", Named(DistributedBytes.Tensor([4], DistributedBytes.Chunk([0], [4]))), FindingCodes.ChunkInvalid, "the metadata does not say where its piece" },
        { "a piece of another shape", One([2, 2], [0, 0], [2, 2]), FindingCodes.ChunkInvalid, "is a tensor float32 [4]" },
        { "a piece of another type", One([4], [0], [4], type: "float64"), FindingCodes.ChunkInvalid, "of float64 is a tensor float32 [4]" },
        { "a piece of no bytes", One([4], [0], [4], place: DistributedBytes.Place("f", 0, 0)), FindingCodes.ChunkInvalid, "the file is empty (0 bytes)" },
        { "a piece that is cut", One([4], [0], [4], place: DistributedBytes.Place("f", 0, 100)), FindingCodes.ChunkInvalid, "truncated" },
        { "a piece behind the end of its file", One([4], [0], [4], place: DistributedBytes.Place("f", 1L << 31, 10)), FindingCodes.ChunkInvalid, "it needs the bytes of 'f' up to 2147483658, and there are" },
        { "a file name with NUL", One([4], [0], [4], place: DistributedBytes.Place("f\0", 0, 1)), FindingCodes.ChunkInvalid, "is no file in the directory of the checkpoint" },
        { "a file that is the directory", One([4], [0], [4], place: DistributedBytes.Place(".", 0, 1)), FindingCodes.ChunkInvalid, "is no file in the directory of the checkpoint" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void NamesTheTensorThatIsWrongAndWhy(string what, byte[] metadata, string code, string message)
    {
        using var directory = new CheckpointDirectory();
        directory.Write(".metadata", metadata);
        directory.Write("f", DistributedBytes.Piece(4));

        var findings = directory.Open().Findings;

        var finding = Assert.Single(findings, finding => finding.Key == "a");
        Assert.True(finding is { Severity: FindingSeverity.Error } && finding.Code == code, $"{what}: {finding.Code}");
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    /// <summary>Metadata of the one name <c>a</c>.</summary>
    private static byte[] Named(byte[] tensor) => DistributedBytes.Metadata(Dict(("a", tensor)), DistributedBytes.Places());

    /// <summary>The same with one piece, which has a place.</summary>
    private static byte[] One(long[] size, long[] offsets, long[] sizes, byte[]? place = null, string type = "float32") => DistributedBytes.Metadata(
        Dict(("a", DistributedBytes.Tensor(Ints(size), type, DistributedBytes.Chunk(offsets, sizes)))),
        DistributedBytes.Places((DistributedBytes.Index("a", offsets), place ?? DistributedBytes.Place("f", 0, DistributedBytes.Piece(4).Length))));

    private Checkpoint Open() => Checkpoint.Open(copy.Path, Token);
}

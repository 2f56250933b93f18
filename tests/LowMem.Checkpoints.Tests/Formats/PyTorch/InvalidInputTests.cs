using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;
using static LowMem.Checkpoints.Tests.Builders.TensorBytes;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch;

/// <summary>Tensors of PyTorch archives with one thing wrong: each is listed, unreadable, with the reason, beside a sound one.</summary>
public sealed class InvalidInputTests
{
    private const long Most = long.MaxValue;

    private static readonly byte[] None = [(byte)'N'];

    private static readonly Dictionary<string, (byte[] Tensor, string Code, string Message)> Inputs = new()
    {
        ["one element past the end"] = (Tensor(Four, 1, [4], [1]), FindingCodes.TensorOutOfBounds, "it needs 20 bytes of storage '0', which has 16"),
        ["a zero-dim tensor behind the end"] = (Tensor(Four, 4, [], []), FindingCodes.TensorOutOfBounds, "it needs 20 bytes"),
        ["a stride that leaves the storage"] = (Tensor(Four, 0, [2], [4]), FindingCodes.TensorOutOfBounds, "it needs 20 bytes"),
        ["a size of 2^31"] = (Tensor(Four, 0, [1L << 31], [1]), FindingCodes.TensorOutOfBounds, "it needs 8589934592 bytes"),
        ["sizes whose product is too large"] = (Tensor(Four, 0, [1L << 40, 1L << 40], [0, 0]), FindingCodes.TensorInvalid, "its size does not fit 64 bits"),
        ["an extent that is too large"] = (Tensor(Four, 0, [3], [Most]), FindingCodes.TensorInvalid, "its size does not fit 64 bits"),
        ["an offset that is too large"] = (Tensor(Four, Most, [1], [1]), FindingCodes.TensorInvalid, "its size does not fit 64 bits"),
        ["a negative offset"] = (Tensor(Four, -1, [1], [1]), FindingCodes.TensorInvalid, "argument 1 of torch._utils._rebuild_tensor_v2 is no count from 0 up"),
        ["a negative size"] = (Tensor(Four, 0, [-1], [1]), FindingCodes.TensorInvalid, "argument 2 of torch._utils._rebuild_tensor_v2 holds something that is no size"),
        ["a negative stride"] = (Tensor(Four, 3, [4], [-1]), FindingCodes.TensorInvalid, "argument 3 of torch._utils._rebuild_tensor_v2 holds something that is no size"),
        ["fewer strides than sizes"] = (Tensor(Four, 0, [2, 2], [2]), FindingCodes.TensorInvalid, "it has 2 dimensions and 1 strides"),
        ["257 dimensions"] = (Tensor(Four, 0, Ones(257), Ones(257)), FindingCodes.TensorInvalid, "argument 2 of torch._utils._rebuild_tensor_v2 has 257 dimensions"),
        ["an offset that is text"] = (Tensor(Four, Text("0"), Ints(4), Ints(1)), FindingCodes.TensorInvalid, "argument 1 of torch._utils._rebuild_tensor_v2 is no count"),
        ["an offset above 64 bits"] = (Tensor(Four, Ascii("L99999999999999999999L\n"), Ints(4), Ints(1)), FindingCodes.TensorInvalid, "argument 1 of torch._utils._rebuild_tensor_v2 is no count"),
        ["sizes that are no tuple"] = (Tensor(Four, Int(0), Int(4), Ints(1)), FindingCodes.TensorInvalid, "argument 2 of torch._utils._rebuild_tensor_v2 is no tuple of integers"),
        ["a size that is a float"] = (Tensor(Four, Int(0), Tuple(Ascii("F4\n")), Ints(1)), FindingCodes.TensorInvalid, "holds something that is no size"),
        ["a size that is True"] = (Tensor(Four, Int(0), Tuple([0x88]), Ints(1)), FindingCodes.TensorInvalid, "holds something that is no size"),
        ["no storage"] = (Tensor(None, 0, [4], [1]), FindingCodes.TensorInvalid, "argument 0 of torch._utils._rebuild_tensor_v2 is no storage"),
        ["a storage with too few words"] = (Tensor([.. Tuple(Text("storage"), Text("0")), (byte)'Q'], 0, [4], [1]), FindingCodes.TensorInvalid, "its persistent id is not that of a storage"),
        ["an id of another kind"] = (Tensor(Id("module", Text("0"), Int(4)), 0, [4], [1]), FindingCodes.TensorInvalid, "its persistent id is not that of a storage"),
        ["a storage class that there is not"] = (Tensor(Storage("0", 4, "PosixStorage"), 0, [4], [1]), FindingCodes.TensorInvalid, "its persistent id is not that of a storage"),
        ["a storage key of 257 characters"] = (Tensor(Storage(new string('0', 257), 4), 0, [4], [1]), FindingCodes.TensorInvalid, "its persistent id is not that of a storage"),
        ["a negative count"] = (Tensor(Storage("0", -4), 0, [4], [1]), FindingCodes.TensorInvalid, "its persistent id is not that of a storage"),
        ["a count whose bytes do not fit 64 bits"] = (Tensor(Storage("0", 1L << 62), 0, [4], [1]), FindingCodes.TensorInvalid, "its persistent id is not that of a storage"),
        ["a count that is text"] = (Tensor(Id("storage", Text("0"), Text("4")), 0, [4], [1]), FindingCodes.TensorInvalid, "its persistent id is not that of a storage"),
        ["a count above the record"] = (Tensor(Storage("0", 1L << 31), 0, [4], [1]), FindingCodes.StorageSizeMismatch, "storage '0' should be 8589934592 bytes, and its record has 16"),
        ["a count below the record"] = (Tensor(Storage("0", 3), 0, [3], [1]), FindingCodes.StorageSizeMismatch, "storage '0' should be 12 bytes, and its record has 16"),
        ["a record that is not there"] = (Vector("7", 4), FindingCodes.StorageMissing, "the archive has no record 'data/7'"),
        ["a key that climbs out of its folder"] = (Vector("../version", 1), FindingCodes.StorageMissing, "the archive has no record 'data/../version'"),
        ["a key with NUL in it"] = (Vector("0\0", 4), FindingCodes.StorageMissing, "the archive has no record 'data/0"),
        ["no type anywhere"] = (Tensor(Storage("0", 16, "UntypedStorage"), 0, [4], [1]), FindingCodes.TensorInvalid, "neither it nor its storage states an element type"),
        ["arguments that are missing"] = ([.. Global("torch._utils", "_rebuild_tensor_v2"), .. Tuple(Four, Int(0)), (byte)'R'], FindingCodes.TensorInvalid, "is missing"),
    };

    public static TheoryData<string> Names => [.. Inputs.Keys];

    private static byte[] Four => Storage("0", 4);

    [Theory]
    [MemberData(nameof(Names))]
    public void IsListedWithTheReason(string name)
    {
        var (tensor, code, message) = Inputs[name];
        using var file = MutatedFile.With(Archive([("bad", tensor), ("good", Vector("1", 1))], ("0", new byte[16]), ("1", new byte[4])).Build());

        var checkpoint = file.Open();

        Assert.Equal(["bad", "good"], checkpoint.Tensors.Select(listed => listed.Key));
        var finding = Assert.Single(checkpoint.Findings);
        Assert.Equal((FindingSeverity.Error, code, "bad"), (finding.Severity, finding.Code, finding.Key));
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
        Assert.Contains(message, checkpoint.Tensors[0].UnreadableReason, StringComparison.Ordinal);
        Assert.Equal((-1L, 0L), (checkpoint.Tensors[0].Offset, checkpoint.Tensors[0].ByteLength));
        Assert.Null(checkpoint.Tensors[1].UnreadableReason);
    }

    [Fact]
    public void ReadingItGivesTheSameReason()
    {
        using var file = MutatedFile.With(Archive([("bad", Vector("7", 4))]).Build());
        using var reader = new TensorDataReader();

        var error = Assert.Throws<CheckpointException>(() => reader.Read(file.Open().Tensors[0], 0, new byte[4], TestContext.Current.CancellationToken));

        Assert.Contains("the archive has no record 'data/7'", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Id(string kind, byte[] key, byte[] count) =>
        [.. Tuple(Text(kind), Global("torch", "FloatStorage"), key, Text("cpu"), count), (byte)'Q'];

    private static long[] Ones(int count) => [.. Enumerable.Repeat(1L, count)];
}

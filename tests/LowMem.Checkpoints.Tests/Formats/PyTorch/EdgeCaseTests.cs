using System.Buffers.Binary;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.TensorBytes;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch;

/// <summary>Tensors of PyTorch archives that lie just inside of what is allowed.</summary>
public sealed class EdgeCaseTests
{
    private static readonly byte[] FourFloats = Floats(1, 2, 3, 4);

    [Theory]
    [InlineData(0, new long[] { 4 }, new long[] { 1 }, new float[] { 1, 2, 3, 4 })]
    [InlineData(3, new long[] { }, new long[] { }, new float[] { 4 })]
    [InlineData(3, new long[] { 1, 1 }, new long[] { 7, 9 }, new float[] { 4 })]
    [InlineData(0, new long[] { 2, 2 }, new long[] { 1, 2 }, new float[] { 1, 3, 2, 4 })]
    [InlineData(1, new long[] { 3, 2 }, new long[] { 0, 2 }, new float[] { 2, 4, 2, 4, 2, 4 })]
    [InlineData(0, new long[] { 3, 2 }, new long[] { 1, 1 }, new float[] { 1, 2, 2, 3, 3, 4 })]
    [InlineData(0, new long[] { 2, 1, 2 }, new long[] { 2, 1000000, 1 }, new float[] { 1, 2, 3, 4 })]
    public void ReadsUpToTheLastByteOfTheStorage(long offset, long[] shape, long[] stride, float[] values)
    {
        var (tensor, read) = Read(Tensor(Storage("0", 4), offset, shape, stride), FourFloats);

        Assert.Null(tensor.UnreadableReason);
        Assert.Equal(shape, tensor.Shape);
        Assert.Equal(stride, tensor.Stride);
        Assert.Equal(values, read);
    }

    [Theory]
    [InlineData(0, new long[] { 0 }, new long[] { 1 })]
    [InlineData(4, new long[] { 0 }, new long[] { 1 })]
    [InlineData(long.MaxValue / 8, new long[] { 3, 0 }, new long[] { 1, 1 })]
    [InlineData(0, new long[] { long.MaxValue, 0, long.MaxValue }, new long[] { 1, 1, 1 })]
    public void AnEmptyTensorNeedsNoBytesWhereverItLies(long offset, long[] shape, long[] stride)
    {
        var (tensor, read) = Read(Tensor(Storage("0", 4), offset, shape, stride), FourFloats);

        Assert.Null(tensor.UnreadableReason);
        Assert.Equal((0L, 0L, true), (tensor.ElementCount, tensor.ByteLength, tensor.IsContiguous));
        Assert.Empty(read);
    }

    [Fact]
    public void AStorageWithoutElementsHoldsEmptyTensors()
    {
        using var file = MutatedFile.With(Archive([("a", Vector("0", 0))], ("0", [])).Build());

        var checkpoint = file.Open();

        var tensor = Assert.Single(checkpoint.Tensors);
        Assert.Equal(("a", 0L, "0"), (tensor.Key, tensor.ByteLength, tensor.StorageKey));
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void OverlappingViewsCountTheStorageOnce()
    {
        using var file = MutatedFile.With(Archive(
            [("first", Tensor(Storage("0", 4), 0, [3], [1])), ("second", Tensor(Storage("0", 4), 1, [3], [1]))], ("0", FourFloats)).Build());

        var checkpoint = file.Open();

        Assert.Equal(16, checkpoint.GetSummary().ByteLength);
        Assert.Equal(4, checkpoint.Tensors[1].Offset - checkpoint.Tensors[0].Offset);
        Assert.Empty(CheckpointVerifier.Verify(file.Path, null, null, TestContext.Current.CancellationToken).Findings);
    }

    [Fact]
    public void ATensorNeedNotBeAligned()
    {
        // One byte of another record before the doubles: PyTorch aligns to 64, other writers to nothing.
        using var file = MutatedFile.With(
            Archive([("a", Tensor(Storage("0", 1, "DoubleStorage"), 0, [1], [1]))], ("pad", [7])).Add("archive/data/0", BitConverter.GetBytes(1.5)).Build());

        var tensor = Assert.Single(file.Open().Tensors);

        Assert.NotEqual(0, tensor.Offset % 8);
        Assert.Equal(1.5, BitConverter.ToDouble(ReadBytes(tensor)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("größe.权重.🔥")]
    [InlineData("a\0b")]
    [InlineData("\u202Egnp.exe")]
    [InlineData("a\r\nb\u001b[31m")]
    public void AKeyIsWhatTheFileSaysToTheLastCharacter(string key)
    {
        using var file = MutatedFile.With(Archive([("m", Dict(key))], ("0", FourFloats)).Build());

        Assert.Equal($"m.{key}", Assert.Single(file.Open().Tensors).Key);

        static byte[] Dict(string key) => PickleBytes.Dict((key, Vector("0", 4)));
    }

    [Fact]
    public void ATensorThatAListNamesManyTimesIsListedAsOften()
    {
        // [tensor] * 10001, the way Python pickles it.
        byte[] list = [(byte)']', (byte)'(', .. Vector("0", 4), (byte)'q', 0, .. PickleBytes.Repeat([(byte)'h', 0], 10_000), (byte)'e'];
        using var file = MutatedFile.With(Archive([("a", list)], ("0", FourFloats)).Build());

        var checkpoint = file.Open();

        Assert.Equal(10_001, checkpoint.Tensors.Count);
        Assert.Equal("a.10000", checkpoint.Tensors[^1].Key);
        Assert.Equal(16, checkpoint.GetSummary().ByteLength);
    }

    [Fact]
    public void KeysThatFoldToOneNameAreAllListed()
    {
        // {"a.b": x, "a": {"b": y}}: both are a.b once they are joined by dots.
        using var file = MutatedFile.With(
            Archive([("a.b", Vector("0", 4)), ("a", PickleBytes.Dict(("b", Vector("1", 1))))], ("0", FourFloats), ("1", Floats(9))).Build());

        var tensors = file.Open().Tensors;

        Assert.Equal(["a.b", "a.b"], tensors.Select(tensor => tensor.Key));
        Assert.Equal([4L, 1], tensors.Select(tensor => tensor.ElementCount));
    }

    [Fact]
    public void AStorageMayBeNamedByANumber()
    {
        byte[] storage = [.. PickleBytes.Tuple(
            PickleBytes.Text("storage"), PickleBytes.Global("torch", "FloatStorage"), PickleBytes.Int(0), PickleBytes.Text("cpu"), PickleBytes.Int(4)), (byte)'Q'];

        var (tensor, read) = Read(Tensor(storage, 0, [4], [1]), FourFloats);

        Assert.Equal("0", tensor.StorageKey);
        Assert.Equal([1f, 2, 3, 4], read);
    }

    [Fact]
    public void LiesOfOneTensorAboutAStorageDoNotSpoilItForAnother()
    {
        using var file = MutatedFile.With(
            Archive([("liar", Vector("0", 5)), ("doubles", Tensor(Storage("0", 2, "DoubleStorage"), 0, [2], [1])), ("floats", Vector("0", 4))], ("0", FourFloats)).Build());

        var checkpoint = file.Open();

        Assert.Equal(["liar"], checkpoint.Findings.Select(finding => finding.Key));
        Assert.Equal(FindingCodes.StorageSizeMismatch, checkpoint.Findings[0].Code);
        Assert.Equal(["unreadable", "float64", "float32"], checkpoint.Tensors.Select(tensor => tensor.UnreadableReason is null ? tensor.DType : "unreadable"));
    }

    private static (TensorInfo Tensor, float[] Values) Read(byte[] pickled, byte[] storage)
    {
        using var file = MutatedFile.With(Archive([("a", pickled)], ("0", storage)).Build());
        var checkpoint = file.Open();
        Assert.Empty(checkpoint.Findings);
        var tensor = Assert.Single(checkpoint.Tensors);
        byte[] bytes = ReadBytes(tensor);
        return (tensor, [.. Enumerable.Range(0, bytes.Length / 4).Select(i => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(4 * i)))]);
    }

    private static byte[] ReadBytes(TensorInfo tensor)
    {
        using var reader = new TensorDataReader();
        var bytes = new byte[tensor.ByteLength];
        reader.Read(tensor, 0, bytes, TestContext.Current.CancellationToken);
        return bytes;
    }

    private static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];
}

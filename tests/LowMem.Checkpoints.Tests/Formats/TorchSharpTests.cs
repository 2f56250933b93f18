using System.Text;

namespace LowMem.Checkpoints.Tests.Formats;

/// <summary>TorchSharp's own files, which have no magic number: what is taken for one, and what is not.</summary>
public sealed class TorchSharpTests
{
    private const byte Float32 = 6;

    [Fact]
    public void Lists_the_tensors_with_their_places()
    {
        using var file = MutatedFile.With([2, .. Entry("weight", Float32, [2, 3], 24), .. Entry("steps", 4, [], 8)]);

        var checkpoint = file.Open();

        Assert.Equal(CheckpointFormats.TorchSharp, checkpoint.Format);
        Assert.Equal(["weight", "steps"], checkpoint.Tensors.Select(tensor => tensor.Key));
        Assert.Equal(["float32", "int64"], checkpoint.Tensors.Select(tensor => tensor.DType));
        Assert.Equal([12L, 44L], checkpoint.Tensors.Select(tensor => tensor.Offset));
        Assert.Equal([2L, 3], checkpoint.Tensors[0].Shape);
        Assert.Empty(checkpoint.Tensors[1].Shape);
    }

    [Fact]
    public void Reads_a_single_tensor_without_a_name()
    {
        using var file = MutatedFile.With([Float32, 2, 2, 3, .. new byte[24]]);

        var tensor = Assert.Single(file.Open().Tensors);

        Assert.Equal(("(root)", 4L), (tensor.Key, tensor.Offset));
    }

    [Fact]
    public void Reads_numbers_of_several_bytes()
    {
        using var file = MutatedFile.With([1, .. Entry("bias", Float32, [300], 1200, encodedShape: [0xac, 2])]);

        Assert.Equal([300L], Assert.Single(file.Open().Tensors).Shape);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(20)]
    public void Says_how_many_bytes_of_how_many_are_there(int missing)
    {
        byte[] whole = [2, .. Entry("weight", Float32, [2, 3], 24), .. Entry("bias", Float32, [6], 24)];
        using var file = MutatedFile.With(whole[..^missing]);

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.Truncated, error.ErrorId);
        Assert.Contains($"truncated: {whole.Length - missing} of {whole.Length} bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_that_more_is_missing_than_can_be_told()
    {
        byte[] whole = [3, .. Entry("weight", Float32, [2, 3], 24), .. Entry("bias", Float32, [6], 24)];
        using var file = MutatedFile.With(whole);

        Assert.Contains($"truncated: {whole.Length} of at least {whole.Length + 1} bytes", file.Refusal().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tells_123_tensors_from_a_JSON_object()
    {
        using var file = MutatedFile.With([123, .. Enumerable.Range(0, 123).SelectMany(i => Entry($"layer{i}", Float32, [1], 4))]);

        Assert.Equal(123, file.Open().Tensors.Count);
    }

    [Fact]
    public void Tells_a_tensor_of_123_elements_from_a_safetensors_header()
    {
        using var file = MutatedFile.With([1, .. Entry("bias", Float32, [123], 492)]);

        Assert.Equal(CheckpointFormats.TorchSharp, file.Open().Format);
    }

    public static TheoryData<string, byte[]> Others => new()
    {
        { "a byte too many", [1, .. Entry("weight", Float32, [2], 8), 0] },
        { "an unknown type", [1, .. Entry("weight", 8, [2], 4)] },
        { "a control character in a name", [1, .. Entry("we\nght", Float32, [2], 8)] },
        { "one name twice", [2, .. Entry("weight", Float32, [2], 8), .. Entry("weight", Float32, [2], 8)] },
        { "a name that is no UTF-8", [1, 4, 0xff, 0xfe, 0xfd, 0xfc, Float32, 1, 2, .. new byte[8]] },
        { "a size that does not fit 64 bits", [1, 1, (byte)'w', Float32, 2, .. Largest, .. Largest, 0, 0, 0, 0] },
        { "too many dimensions", [1, 1, (byte)'w', Float32, 65, .. Enumerable.Repeat((byte)1, 65), 0, 0, 0, 0] },
        { "text", "The quick brown fox jumps over the lazy dog, and so on for a while."u8.ToArray() },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void Takes_nothing_else_for_one(string what, byte[] content)
    {
        using var file = MutatedFile.With(content);

        var error = file.Refusal();

        Assert.True(error.ErrorId == CheckpointErrorIds.FormatInvalid, what);
        Assert.Contains("no checkpoint of a known format", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Largest => [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];

    private static byte[] Entry(string name, byte type, byte[] shape, int length) => Entry(name, type, shape.Length, shape, length);

    private static byte[] Entry(string name, byte type, int[] shape, int length, byte[] encodedShape) =>
        Entry(name, type, shape.Length, encodedShape, length);

    private static byte[] Entry(string name, byte type, int dimensions, byte[] encodedShape, int length)
    {
        byte[] text = Encoding.UTF8.GetBytes(name);
        return [(byte)text.Length, .. text, type, (byte)dimensions, .. encodedShape, .. new byte[length]];
    }
}

using System.Runtime.InteropServices;
using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Slices;

namespace LowMem.Checkpoints.Tests.Values.Slices;

/// <summary>Slices of a tensor of 4x5x6 integers from 0 to 119; what they hold is what PyTorch says.</summary>
public sealed class TensorSliceTests : IDisposable
{
    private readonly StridedFile places = new(1, 120 * 8);

    public static TheoryData<string> Good => Select(item => !item.TryGetProperty("error", out _));

    public static TheoryData<string> OutOfRange => Select(item => item.TryGetProperty("error", out var error) && error.GetString() == "IndexError");

    public void Dispose() => places.Dispose();

    [Theory]
    [MemberData(nameof(Good))]
    public void HoldWhatPyTorchGives(string text)
    {
        var expected = TensorValues.Root.GetProperty("slices").EnumerateArray().Single(item => item.GetProperty("slice").GetString() == text);
        var view = Cut(text);

        Assert.Equal(expected.GetProperty("shape").Deserialize<long[]>(), view.Shape);
        Assert.Equal(expected.GetProperty("values").Deserialize<long[]>(), ReadIndices(view));
    }

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void AreRefusedWherePyTorchRefusesThem(string text)
    {
        var error = Assert.Throws<CheckpointException>(() => Cut(text));

        Assert.Equal(CheckpointErrorIds.SliceInvalid, error.ErrorId);
        Assert.Equal("w", error.Record);
    }

    [Theory]
    [InlineData("4", "index 4 is not in dimension 0, which has indices from -4 to 3")]
    [InlineData("0, -6", "index -6 is not in dimension 1, which has indices from -5 to 4")]
    [InlineData("..., 6", "index 6 is not in dimension 2")]
    [InlineData("0, :, 1:3, 2", "it is for 4 dimensions, and the tensor has 3")]
    [InlineData("0, 0, 0, ..., 0", "it is for 4 dimensions, and the tensor has 3")]
    public void SayWhichDimensionHasNoSuchIndex(string text, string message) =>
        Assert.Contains(message, Assert.Throws<CheckpointException>(() => Cut(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("  ", "it is empty")]
    [InlineData("[]", "it is empty")]
    [InlineData("0:x", "'x' at character 3")]
    [InlineData("a", "'a' at character 1 where an index, a range such as 0:10, or '...' was expected")]
    [InlineData("0,,1", "',' at character 3")]
    [InlineData(",", "',' at character 1")]
    [InlineData("0 1", "'1' at character 3")]
    [InlineData("1:2:3:4", "a third ':' at character 6")]
    [InlineData("::0", "the step 0 at character 3 is not greater than zero")]
    [InlineData("0, ::-1", "the step -1 at character 6 is not greater than zero")]
    [InlineData("-", "it ends where digits was expected")]
    [InlineData("- 1", "' ' at character 2 where digits was expected")]
    [InlineData("..", "'.' at character 1")]
    [InlineData("....", "'.' at character 4")]
    [InlineData("..., ...", "a second '...' at character 6")]
    [InlineData("9223372036854775808", "the number at character 1 does not fit 64 bits")]
    [InlineData("[0", "'[' at character 1")]
    [InlineData("0]", "']' at character 2")]
    [InlineData("None", "'N' at character 1")]
    [InlineData("\u001b[31m", "'?' at character 1")]
    [InlineData("\u0661", "at character 1")]
    public void SayWhatIsWrongWithTheirTextAndWhere(string text, string message)
    {
        Assert.False(TensorSlice.TryParse(text, out var slice, out string? problem));

        Assert.Null(slice);
        Assert.Contains(message, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void AreBounded()
    {
        Assert.False(TensorSlice.TryParse(string.Join(',', Enumerable.Repeat(":", 65)), out _, out string? problem));
        Assert.Contains("more than 64 parts", problem, StringComparison.Ordinal);
        Assert.False(TensorSlice.TryParse(new string('1', 1_000_000), out _, out _));
    }

    [Theory]
    [InlineData("[0:2, -1]", "0:2, -1")]
    [InlineData(" [ ... ] ", "...")]
    public void MayHaveTheirBracketsAroundThem(string text, string same) => Assert.Equal(ReadIndices(Cut(same)), ReadIndices(Cut(text)));

    [Fact]
    public void OfElementsThatShareBytesAreRefusedUnlessTheyAreTheWhole()
    {
        using var file = new StridedFile(1, 64);
        var tensor = file.GetTensor("float4_e2m1fn", [4, 4], [4, 1]);

        Assert.True(TensorSlice.TryParse("..., :", out var whole, out _));
        Assert.Equal([4, 4], whole.Apply(new TensorView(tensor)).Shape);
        Assert.True(TensorSlice.TryParse("0:2", out var part, out _));
        Assert.Equal(CheckpointErrorIds.Unsupported, Assert.Throws<CheckpointException>(() => part.Apply(new TensorView(tensor))).ErrorId);
    }

    [Theory]
    [InlineData("::2, 1:3", 8 * 30 * 4)]
    [InlineData("1", 30 * 8)]
    [InlineData("1:2, 2:3, 3:5", 16)]
    public void ReadNoMoreThanTheyNeed(string text, long most)
    {
        using var file = new StridedFile(3, 120 * 8);
        Assert.True(TensorSlice.TryParse(text, out var slice, out _));
        var view = slice.Apply(new TensorView(file.GetTensor("int64", [4, 5, 6], [30, 6, 1])));

        byte[] bytes = StridedFile.Read(view, 0, (int)view.ByteLength, out long read);

        Assert.Equal(file.GetExpected(view), bytes);
        Assert.InRange(read, view.ByteLength, most);
    }

    private static TheoryData<string> Select(Func<JsonElement, bool> isWanted) =>
        [.. TensorValues.Root.GetProperty("slices").EnumerateArray().Where(isWanted).Select(item => item.GetProperty("slice").GetString()!)];

    private static byte[] Places => MemoryMarshal.AsBytes<long>([.. Enumerable.Range(0, 120).Select(i => (long)i)]).ToArray();

    private TensorView Cut(string text)
    {
        Assert.True(TensorSlice.TryParse(text, out var slice, out string? problem), problem);
        var tensor = places.GetTensor("int64", [4, 5, 6], [30, 6, 1]);
        return slice.Apply(new TensorView(tensor with { Storage = new StorageExtent(-1, 120 * 8) { Content = Places } }));
    }

    private static long[] ReadIndices(TensorView view) =>
        MemoryMarshal.Cast<byte, long>(StridedFile.Read(view, 0, (int)view.ByteLength, out _)).ToArray();
}

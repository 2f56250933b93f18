using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Formats.TorchSharp;

/// <summary>TorchSharp's own files when they are cut, and what is not taken for one.</summary>
public sealed class InvalidInputTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(20)]
    public void SaysHowManyBytesOfHowManyAreThere(int missing)
    {
        byte[] whole = [2, .. TorchSharpBytes.Entry("weight", TorchSharpBytes.Float32, [2, 3], 24), .. TorchSharpBytes.Entry("bias", TorchSharpBytes.Float32, [6], 24)];
        using var file = MutatedFile.With(whole[..^missing]);

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.Truncated, error.ErrorId);
        Assert.Contains($"truncated: {whole.Length - missing} of {whole.Length} bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SaysThatMoreIsMissingThanCanBeTold()
    {
        byte[] whole = [3, .. TorchSharpBytes.Entry("weight", TorchSharpBytes.Float32, [2, 3], 24), .. TorchSharpBytes.Entry("bias", TorchSharpBytes.Float32, [6], 24)];
        using var file = MutatedFile.With(whole);

        Assert.Contains($"truncated: {whole.Length} of at least {whole.Length + 1} bytes", file.Refusal().Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[]> Others => new()
    {
        { "a byte too many", [1, .. TorchSharpBytes.Entry("weight", TorchSharpBytes.Float32, [2], 8), 0] },
        { "one byte", [1] },
        { "a number without an end", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80] },
        { "no tensors", [0] },
        { "NUL in a name", [1, .. TorchSharpBytes.Entry("we\0ght", TorchSharpBytes.Float32, [2], 8)] },
        { "a name without letters", [1, .. TorchSharpBytes.Entry("", TorchSharpBytes.Float32, [2], 8)] },
        { "a name of 4097 bytes", [1, 0x81, 0x20, .. Enumerable.Repeat((byte)'n', 4097), TorchSharpBytes.Float32, 1, 1, 0, 0, 0, 0] },
        { "a tensor more than counted", [1, .. TorchSharpBytes.Entry("a", TorchSharpBytes.Float32, [1], 4), .. TorchSharpBytes.Entry("b", TorchSharpBytes.Float32, [1], 4)] },
        { "an unknown type", [1, .. TorchSharpBytes.Entry("weight", 8, [2], 4)] },
        { "a control character in a name", [1, .. TorchSharpBytes.Entry("we\nght", TorchSharpBytes.Float32, [2], 8)] },
        { "one name twice", [2, .. TorchSharpBytes.Entry("weight", TorchSharpBytes.Float32, [2], 8), .. TorchSharpBytes.Entry("weight", TorchSharpBytes.Float32, [2], 8)] },
        { "a name that is no UTF-8", [1, 4, 0xff, 0xfe, 0xfd, 0xfc, TorchSharpBytes.Float32, 1, 2, .. new byte[8]] },
        { "a size that does not fit 64 bits", [1, 1, (byte)'w', TorchSharpBytes.Float32, 2, .. Largest, .. Largest, 0, 0, 0, 0] },
        { "too many dimensions", [1, 1, (byte)'w', TorchSharpBytes.Float32, 65, .. Enumerable.Repeat((byte)1, 65), 0, 0, 0, 0] },
        { "text", "The quick brown fox jumps over the lazy dog, and so on for a while."u8.ToArray() },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void TakesNothingElseForOne(string what, byte[] content)
    {
        using var file = MutatedFile.With(content);

        var error = file.Refusal();

        Assert.True(error.ErrorId == CheckpointErrorIds.FormatInvalid, what);
        Assert.Contains("no checkpoint of a known format", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Largest => [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
}

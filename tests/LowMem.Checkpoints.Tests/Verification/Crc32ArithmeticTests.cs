using System.IO.Hashing;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Verification;

public sealed class Crc32ArithmeticTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 5)]
    [InlineData(5, 0)]
    [InlineData(1, 1)]
    [InlineData(9, 4)]
    [InlineData(1000, 70_001)]
    [InlineData(70_001, 1_048_576)]
    public void GivesTheChecksumOfTheWhole(int first, int second)
    {
        var bytes = new byte[first + second];
        new Random(first + second).NextBytes(bytes);

        uint combined = Crc32Arithmetic.Combine(
            Crc32.HashToUInt32(bytes.AsSpan(0, first)), Crc32.HashToUInt32(bytes.AsSpan(first)), second);

        Assert.Equal(Crc32.HashToUInt32(bytes), combined);
    }

    [Fact]
    public void TakesLengthsBeyond32Bits()
    {
        // Appending 6 GiB in one step, and in two: the steps must agree.
        uint zeros = Crc32Arithmetic.Combine(0, 0, 1);
        uint once = Crc32Arithmetic.Combine(0x12345678, zeros, 6L << 30);
        uint twice = Crc32Arithmetic.Combine(Crc32Arithmetic.Combine(0x12345678, 0, 4L << 30), zeros, 2L << 30);

        Assert.Equal(once, twice);
        Assert.NotEqual(0x12345678u, once);
    }
}

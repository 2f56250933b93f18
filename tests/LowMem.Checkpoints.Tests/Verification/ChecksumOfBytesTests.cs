using System.IO.Hashing;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Verification;

public sealed class ChecksumOfBytesTests
{
    [Fact]
    public void IsThatOfZipForEveryLength()
    {
        var bytes = new byte[2100];
        new Random(1).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
        {
            var checksum = new Checksum();
            checksum.Append(bytes.AsSpan(0, length));

            Assert.Equal(Crc32.HashToUInt32(bytes.AsSpan(0, length)), checksum.Value);
        }
    }

    [Fact]
    public void DoesNotDependOnHowTheBytesAreCutUp()
    {
        var bytes = new byte[1_000_003];
        var random = new Random(2);
        random.NextBytes(bytes);
        for (int round = 0; round < 50; round++)
        {
            var checksum = new Checksum();
            for (int start = 0; start < bytes.Length;)
            {
                int length = Math.Min(random.Next(1, round % 2 == 0 ? 3000 : 300_000), bytes.Length - start);
                checksum.Append(bytes.AsSpan(start, length));
                start += length;
            }

            Assert.Equal(Crc32.HashToUInt32(bytes), checksum.Value);
        }
    }
}

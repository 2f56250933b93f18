using LowMem.Checkpoints.Containers.Zip;

namespace LowMem.Checkpoints.Tests.Containers.Zip;

/// <summary>Archives that are too large for a fixture: the headers are those that PyTorch 1.13 writes around so many bytes.</summary>
public sealed class StoredZipLayoutTests
{
    [Fact]
    public void BeyondFourGibibytesSizesAndPlacesAreOf64Bits()
    {
        const long large = (4L << 30) + 64;
        var zip = new StoredZipLayout([("archive/data.pkl", 3), ("archive/data/0", large), ("archive/data/1", 8), ("archive/version", 2)]);

        Assert.Equal([64, 192, 4294967680, 4294967808], Enumerable.Range(0, 4).Select(zip.GetOffset));
        Assert.Equal("0100100040000000010000000000000000000000" + "46422900" + Padding(0x29), ExtraOf(zip, 1));
        Assert.Equal("010008001801000001000000" + "46422c00" + Padding(0x2c), ExtraOf(zip, 2));
        Assert.Equal("504b070877f7cd1d40000000010000004000000001000000", Hex(zip.GetDescriptor(1, 0x1dcdf777).Bytes));
        Assert.Equal("504b0708afdae09a08000000000000000800000000000000", Hex(zip.GetDescriptor(2, 0x9ae0daaf).Bytes));
        Assert.Equal(4294967834, zip.DirectoryOffset);
        Assert.Equal(
            "504b0102000000000808000000000000c24124350300000003000000100000000000000000000000000000000000617263686976652f646174612e706b6c"
            + "504b010200000000080800000000000077f7cd1dffffffffffffffff0e0014000000000000000000000053000000617263686976652f646174612f30"
            + "0100100040000000010000004000000001000000"
            + "504b0102000000000808000000000000afdae09a08000000080000000e000c0000000000000000000000ffffffff617263686976652f646174612f31"
            + "010008001801000001000000"
            + "504b0102000000000808000000000000d19e675502000000020000000f000c0000000000000000000000ffffffff617263686976652f76657273696f6e"
            + "01000800a001000001000000"
            + "504b06062c000000000000001e032d000000000000000000040000000000000004000000000000001f010000000000001a02000001000000"
            + "504b060700000000390300000100000001000000"
            + "504b050600000000040004001f010000ffffffff0000",
            Hex(zip.GetDirectory([0x352441c2, 0x1dcdf777, 0x9ae0daaf, 0x55679ed1]).Bytes));
        Assert.Equal(4294968197 + 22, zip.Length);
    }

    [Fact]
    public void TheLargestNumberOf32BitsIsOneOf64()
    {
        // All ones say that the number stands elsewhere.
        Assert.Equal("01001000ffffffff000000000000000000000000" + "46423c00" + Padding(0x3c), ExtraOf(new StoredZipLayout([("archive/data/0", uint.MaxValue)]), 0));
        Assert.Equal("46421000" + Padding(0x10), ExtraOf(new StoredZipLayout([("archive/data/0", uint.MaxValue - 1)]), 0));
    }

    private static string ExtraOf(StoredZipLayout zip, int record) => Hex(zip.GetHeader(record).Bytes)[((30 + "archive/data/0".Length) * 2)..];

    private static string Padding(int length) => string.Concat(Enumerable.Repeat("5a", length));

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);
}

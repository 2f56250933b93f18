using System.Buffers.Binary;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Formats;

namespace LowMem.Checkpoints.Tests.Containers.Zip;

/// <summary>Archives with one field of a directory or header that is wrong: one clear error each.</summary>
public sealed class InvalidInputTests
{
    private const int Zip64RecordLength = 56;

    private static readonly byte[] EntrySignature = "PK\x01\x02"u8.ToArray();
    private static readonly byte[] EndSignature = "PK\x05\x06"u8.ToArray();
    private static readonly byte[] LocatorSignature = "PK\x06\x07"u8.ToArray();
    private static readonly byte[] RecordSignature = "PK\x06\x06"u8.ToArray();

    private static readonly byte[] Archive = ZipBytes.PyTorch([0x80, 2, (byte)'}', (byte)'.']).Build();

    [Fact]
    public void AnArchiveOfNothingIsRefused() =>
        AssertRefused(new ZipBytes().Build(), CheckpointErrorIds.FormatInvalid, "the zip archive is empty");

    [Theory]
    [InlineData(12, 1u << 31, "the central directory is said to be 2147483648 bytes")]
    [InlineData(16, uint.MaxValue, "at 4294967295, past the end")]
    [InlineData(12, 0u, "claims 2 entries in 0 bytes")]
    public void AnEndRecordThatLiesIsRefused(int field, uint value, string message) =>
        AssertRefused(Change(Archive, EndSignature, field, value), CheckpointErrorIds.FormatInvalid, message);

    [Theory]
    [InlineData(0, 0u, "the central directory ends before its last entry")]
    [InlineData(28, 0xffffu, "an entry of the central directory runs past its end")]
    [InlineData(20, uint.MaxValue, "claims 4294967295 bytes")]
    [InlineData(42, 1u, "has no local header where the central directory says")]
    public void AnEntryThatLiesIsRefused(int field, uint value, string message) =>
        AssertRefused(Change(Archive, EntrySignature, field, value), CheckpointErrorIds.FormatInvalid, message);

    [Fact]
    public void ALocalHeaderWithoutItsSignatureIsRefused() =>
        AssertRefused(
            [(byte)'P', (byte)'K', 5, 6, .. Archive[4..]], CheckpointErrorIds.FormatInvalid, "has no local header where the central directory says");

    [Theory]
    [InlineData(8, long.MaxValue, "the ZIP64 end record is said to be at 9223372036854775807")]
    [InlineData(8, -1, "the ZIP64 end record is said to be at 18446744073709551615")]
    [InlineData(8, 0, "the ZIP64 end record is not where its locator says")]
    public void AZip64LocatorThatLiesIsRefused(int field, long value, string message) =>
        AssertRefused(ChangeLong(Zip64(), LocatorSignature, field, value), CheckpointErrorIds.FormatInvalid, message);

    [Theory]
    [InlineData(32, long.MaxValue, "the central directory claims 9223372036854775807 entries")]
    [InlineData(32, -1, "the entry count 18446744073709551615 is impossible")]
    [InlineData(40, long.MaxValue, "past the end")]
    [InlineData(40, long.MinValue, "the directory length 9223372036854775808 is impossible")]
    [InlineData(48, long.MaxValue, "past the end")]
    [InlineData(48, -1, "the directory offset 18446744073709551615 is impossible")]
    public void AZip64RecordThatLiesIsRefused(int field, long value, string message) =>
        AssertRefused(ChangeLong(Zip64(), RecordSignature, field, value), CheckpointErrorIds.FormatInvalid, message);

    [Fact]
    public void AZip64FieldThatIsTooShortIsRefused()
    {
        byte[] bytes = Zip64();
        int entry = bytes.AsSpan().IndexOf(EntrySignature);
        int extra = entry + 46 + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(entry + 28));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(extra + 2), 7);

        AssertRefused(bytes, CheckpointErrorIds.FormatInvalid, "a ZIP64 extra field is too short");
    }

    [Fact]
    public void ASizeAbove63BitsIsRefused()
    {
        byte[] bytes = Zip64();
        int entry = bytes.AsSpan().IndexOf(EntrySignature);
        int extra = entry + 46 + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(entry + 28));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(extra + 4), -1);

        AssertRefused(bytes, CheckpointErrorIds.FormatInvalid, "the 64-bit size 18446744073709551615 is impossible");
    }

    [Fact]
    public void AnArchiveOfSomethingElseSaysWhatIsMissing() =>
        AssertRefused(
            new ZipBytes().Add("word/document.xml", "<x/>"u8.ToArray()).Build(),
            CheckpointErrorIds.FormatInvalid,
            "this zip archive is no PyTorch checkpoint: it has no 'word/data.pkl'");

    [Fact]
    public void AVersionThatIsNoLineOfTextIsAWarning()
    {
        using var file = MutatedFile.With(new ZipBytes().Add("a/data.pkl", [0x80, 2, (byte)'}', (byte)'.']).Add("a/version", new byte[4097]).Build());

        var checkpoint = file.Open();

        var finding = Assert.Single(checkpoint.Findings);
        Assert.Equal((FindingSeverity.Warning, FindingCodes.ArchiveEntryInvalid), (finding.Severity, finding.Code));
        Assert.Contains("'a/version' is 4097 bytes, more than the 4096 read here", finding.Message, StringComparison.Ordinal);
        Assert.Null(checkpoint.FormatVersion);
    }

    private static void AssertRefused(byte[] content, string id, string message)
    {
        using var file = MutatedFile.With(content);

        var error = file.Refusal();

        Assert.Equal(id, error.ErrorId);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static byte[] Zip64()
    {
        byte[] bytes = File.ReadAllBytes(FixtureFiles.PathOf("repacked-zip64"));
        Assert.True(bytes.AsSpan().IndexOf(RecordSignature) > Zip64RecordLength, "the fixture has a ZIP64 record");
        return bytes;
    }

    private static byte[] Change(byte[] original, byte[] signature, int field, uint value)
    {
        byte[] bytes = [.. original];
        var place = bytes.AsSpan(bytes.AsSpan().IndexOf(signature) + field);

        // The length of a name has two bytes, everything else four.
        if (field == 28)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(place, value);
        }

        return bytes;
    }

    private static byte[] ChangeLong(byte[] bytes, byte[] signature, int field, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(bytes.AsSpan().LastIndexOf(signature) + field), value);
        return bytes;
    }
}

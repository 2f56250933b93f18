using System.IO.Compression;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Formats;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Safety;

/// <summary>Places in which a pickle is none until something else unpacks it, and places outside the records.</summary>
public sealed class HidingPlaceTests
{
    private static readonly byte[] Stop = [(byte)'.'];
    private static readonly byte[] Harmless = [.. Proto(2), (byte)'}', .. Stop];
    private static readonly byte[] Evil = Call("os", "system");
    private static readonly byte[] TextEvil = Ascii("cos\nsystem\n(S'true'\ntR.");

    public static TheoryData<byte[]> Pickles => [Evil, TextEvil];

    [Theory]
    [MemberData(nameof(Pickles))]
    public void FindsAPickleBehindTheEndOfTheArchive(byte[] evil) => Assert.Equal(["os.system"], Open([.. ZipBytes.PyTorch(Harmless).Build(), .. evil]).UnsafeGlobals);

    [Fact]
    public void FindsAPickleInTheCommentOfTheArchive()
    {
        byte[] archive = ZipBytes.PyTorch(Harmless).Build();
        archive[^2] = (byte)Evil.Length;
        Assert.Equal(["os.system"], Open([.. archive, .. Evil]).UnsafeGlobals);
    }

    [Theory]
    [MemberData(nameof(Pickles))]
    public void FindsAPickleInBase64(byte[] evil)
    {
        Assert.Equal(["os.system"], Open(Value(Text(Convert.ToBase64String(evil)))).UnsafeGlobals);
        Assert.Equal(["os.system"], Open(Value(Text($"data:x;base64,{Convert.ToBase64String(evil)}"))).UnsafeGlobals);
        Assert.Equal(["os.system"], Open(Value(Bytes(Ascii(Convert.ToBase64String(evil))))).UnsafeGlobals);
    }

    [Theory]
    [MemberData(nameof(Pickles))]
    public void FindsAPickleInHexadecimal(byte[] evil)
    {
        Assert.Equal(["os.system"], Open(Value(Text(Convert.ToHexString(evil)))).UnsafeGlobals);
        Assert.Equal(["os.system"], Open(Value(Text(Convert.ToHexStringLower(evil)))).UnsafeGlobals);
    }

    [Fact]
    public void FindsAPickleInLinesOfBase64()
    {
        byte[] long_ = [.. Proto(3), .. Bytes(new byte[200]), (byte)'0', .. Evil[2..]];
        string text = Convert.ToBase64String(long_, Base64FormattingOptions.InsertLineBreaks);
        Assert.Equal(["os.system"], Open(Value(Text(text))).UnsafeGlobals);
    }

    [Fact]
    public void FindsAPickleInBase64InBase64()
    {
        string inner = Convert.ToBase64String(Evil);
        Assert.Equal(["os.system"], Open(Value(Text(Convert.ToBase64String([.. Proto(2), .. Text(inner), .. Stop])))).UnsafeGlobals);
    }

    [Theory]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("transformerencoderlayernormalizationweight")]
    [InlineData("gAAAAABhZWFhZWFhZWFhZWFhZWFhZWFh")]
    public void TakesNoOrdinaryTextForOne(string text) => Assert.Empty(Open(Value(Text(text))).Globals);

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.SmallestSize)]
    public void FindsAPickleInAnArchiveInARecord(CompressionLevel level) =>
        Assert.Equal(["os.system"], Open(ZipBytes.PyTorch(Harmless).Add("archive/extra/inner.pt", Archive(level)).Build()).UnsafeGlobals);

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.SmallestSize)]
    public void FindsAPickleInAnArchiveInAValue(CompressionLevel level) =>
        Assert.Equal(["os.system"], Open(Value(Bytes(Archive(level)))).UnsafeGlobals);

    [Fact]
    public void FindsAPickleInAnArchiveInAnArchive()
    {
        byte[] outer = new ZipBytes().AddDeflated("inner.zip", Archive(CompressionLevel.SmallestSize)).Build();
        Assert.Equal(["os.system"], Open(ZipBytes.PyTorch(Harmless).AddDeflated("archive/more", outer).Build()).UnsafeGlobals);
    }

    [Fact]
    public void FindsAPickleInWhatTorchExportWrites()
    {
        byte[] weights = Archive(CompressionLevel.NoCompression);
        byte[] package = new ZipBytes().Add("package/data/weights/model.pt", weights).Add("package/archive_format", "pt2"u8.ToArray()).Build();

        Assert.Equal(["os.system"], Open(package).UnsafeGlobals);
    }

    [Fact]
    public void FindsAPickleInTheBytesOfABytesIO()
    {
        byte[] content = [.. Global("_io", "BytesIO"), .. Bytes(Archive(CompressionLevel.SmallestSize)), 0x85, (byte)'R'];
        Assert.Equal(["os.system"], Open(Value(content)).UnsafeGlobals);
    }

    [Fact]
    public void ABombInAnArchiveIsAFindingAndCostsLittle()
    {
        byte[] bomb = new ZipBytes().AddDeflated("bomb", new byte[32 << 20]).Build();

        var checkpoint = Open(Value(Bytes(bomb)));

        Assert.Contains(checkpoint.Findings, finding => finding.Code == FindingCodes.HiddenPickles);
    }

    private static byte[] Archive(CompressionLevel level) => level == CompressionLevel.NoCompression
        ? ZipBytes.PyTorch(Evil).Build()
        : new ZipBytes().AddDeflated("archive/data.pkl", Evil).Build();

    private static byte[] Value(byte[] value) => ZipBytes.PyTorch([.. Proto(3), .. value, .. Stop]).Build();

    private static Checkpoint Open(byte[] content)
    {
        using var file = MutatedFile.With(content);
        return file.Open();
    }
}

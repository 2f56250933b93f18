using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Formats;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Pickle;

/// <summary>
/// Frames that no pickler writes. C and Python code of CPython, streams and bytes read such pickles in different ways, so
/// that one hides from the other: they are refused wherever they are.
/// </summary>
public sealed class FrameTests
{
    private const string Crosses = "runs over the end of its frame";
    private const string InFrame = "begins before the frame around it ends";
    private const string TooLong = "a frame is longer than the rest";
    private const string StopsEarly = "stops before its frame ends";

    private static readonly byte[] Long = Repeat([(byte)'x'], 70_000);

    private static readonly Dictionary<string, (byte[] Pickle, string Message)> Unsafe = new()
    {
        ["a name across the end"] = ([.. Proto(4), .. Frame(3), .. Ascii("czzbuiltins\nlen\n.")], Crosses),
        ["the second name across the end"] = ([.. Proto(4), .. Frame(5), .. Ascii("cos\nsystem\n.")], Crosses),
        ["bytes across the end"] = ([.. Proto(4), .. Frame(6), .. Bytes([1, 2, 3, 4]), (byte)'.'], Crosses),
        ["a length across the end"] = ([.. Proto(4), .. Frame(3), .. Text("abc"), (byte)'.'], Crosses),
        ["a text longer than all there is"] = ([.. Proto(4), .. Frame(5), (byte)'X', 255, 0, 0, 0, (byte)'.'], Crosses),
        ["a byte behind the end"] = ([.. Proto(4), .. Frame(1), (byte)'K', 6, (byte)'.'], Crosses),
        ["the end between opcode and line"] = ([.. Proto(4), .. Frame(1), .. Ascii("I5\n.")], Crosses),
        ["a line without an end in it"] = ([.. Proto(4), .. Frame(4), .. Ascii("I123456\n.")], Crosses),
        ["a frame in a frame"] = ([.. Proto(4), .. Frame(12), .. Frame(2), .. Ascii("N0N.")], InFrame),
        ["a frame at the last byte of a frame"] = ([.. Proto(4), .. Frame(2), (byte)'N', .. Frame(1), (byte)'.'], InFrame),
        ["one byte longer than the rest"] = ([.. Proto(4), .. Frame(3), .. Ascii("N.")], TooLong),
        ["longer than the rest, with a name"] = ([.. Proto(4), .. Frame(30), .. Ascii("cbuiltins\nlen\n.")], TooLong),
        ["as long as numbers go"] = ([.. Proto(4), .. Frame(-1), .. Ascii("N.")], TooLong),
        ["STOP before the end"] = ([.. Proto(4), .. Frame(3), .. Ascii("N.N")], StopsEarly),
        ["no PROTO in front"] = ([.. Frame(3), .. Ascii("czzbuiltins\nlen\n.")], Crosses),
    };

    private static readonly Dictionary<string, byte[]> Legal = new()
    {
        ["the whole pickle"] = [.. Proto(4), .. Frame(3), (byte)'K', 7, (byte)'.'],
        ["an empty one"] = [.. Proto(4), .. Frame(0), (byte)'K', 7, (byte)'.'],
        ["before protocol 4"] = [.. Proto(2), .. Frame(3), (byte)'K', 7, (byte)'.'],
        ["PROTO inside"] = [.. Frame(5), .. Proto(4), (byte)'K', 7, (byte)'.'],
        ["STOP behind the end"] = [.. Proto(4), .. Frame(2), (byte)'K', 7, (byte)'.'],
        ["two, one behind the other"] = [.. Proto(4), .. Frame(2), .. Ascii("N0"), .. Frame(3), (byte)'K', 7, (byte)'.'],
        ["large bytes and a few opcodes between two"] = [.. Proto(4), .. Frame(1), (byte)'N', .. Bytes(Long), 0x94, (byte)'0', .. Frame(4), (byte)'0', (byte)'K', 7, (byte)'.'],
        ["none at all"] = [.. Proto(4), (byte)'K', 7, (byte)'.'],
    };

    public static TheoryData<string> UnsafeNames => [.. Unsafe.Keys];

    public static TheoryData<string> VisibleNames => [.. Unsafe.Keys.Except(["as long as numbers go", "one byte longer than the rest", "no PROTO in front"])];

    public static TheoryData<string> LegalNames => [.. Legal.Keys];

    [Theory]
    [MemberData(nameof(UnsafeNames))]
    public void IsRefusedInAnArchive(string name) => AssertRefused(ZipBytes.PyTorch(Unsafe[name].Pickle).Build(), name, "data.pkl");

    [Theory]
    [MemberData(nameof(UnsafeNames))]
    public void IsRefusedByItself(string name)
    {
        // A text that is longer than the file may as well be cut off: what is said first is that the frame is crossed.
        AssertRefused(Unsafe[name].Pickle, name, null);
    }

    [Theory]
    [MemberData(nameof(UnsafeNames))]
    public void IsRefusedInALegacyFile(string name) => AssertRefused(
        [.. LegacyBytes.Magic, .. Proto(2), (byte)'M', 0xe9, 3, (byte)'.', .. Unsafe[name].Pickle], name, "sys_info");

    [Theory]
    [MemberData(nameof(UnsafeNames))]
    public void IsRefusedInAMemberOfATar(string name)
    {
        byte[] pickle = Unsafe[name].Pickle;
        AssertRefused(new TarBytes().AddMember("pickle", pickle).Build(), name, "pickle");
        AssertRefused(new TarBytes().AddMember("tensors", pickle).Build(), name, "tensors");
        AssertRefused(new TarBytes().AddMember("storages", pickle).Build(), name, "storages");
        AssertRefused(new TarBytes().AddMember("sys_info", pickle).Build(), name, "sys_info");
        AssertRefused(new TarBytes { Root = [(byte)'}'] }.AddMember("other.pkl", pickle).Build(), Unsafe[name].Message);
    }

    [Theory]
    [MemberData(nameof(UnsafeNames))]
    public void IsRefusedInTheConstantsOfTorchScript(string name) => AssertRefused(
        ZipBytes.PyTorch([(byte)'}', (byte)'.']).Add("archive/constants.pkl", Unsafe[name].Pickle).Build(), Unsafe[name].Message);

    [Theory]
    [MemberData(nameof(UnsafeNames))]
    public void IsRefusedInAnArchiveInARecord(string name)
    {
        byte[] inner = new ZipBytes().AddDeflated("data.pkl", Unsafe[name].Pickle).Build();
        AssertRefused(ZipBytes.PyTorch([(byte)'}', (byte)'.']).Add("archive/inner", inner).Build(), Unsafe[name].Message);
    }

    /// <summary>What names nothing, or does not begin like a pickle, is not seen among the bytes of a file that is cut off.</summary>
    [Theory]
    [MemberData(nameof(VisibleNames))]
    public void IsToldOfAnArchiveWithoutADirectory(string name)
    {
        byte[] archive = ZipBytes.PyTorch(Unsafe[name].Pickle).Build();
        using var file = MutatedFile.With(archive[..archive.AsSpan().IndexOf("PK\u0001\u0002"u8)]);

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.Truncated, error.ErrorId);
        Assert.Contains("read a pickle in it in different ways", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IsRefusedInTheMagicNumberOfALegacyFile() => AssertRefused(
        [0x80, 4, .. Frame(40), .. LegacyBytes.Magic[2..], .. Repeat([(byte)'N'], 40)], StopsEarly);

    [Theory]
    [MemberData(nameof(UnsafeNames))]
    public void IsRefusedInTheMetadataOfADirectory(string name)
    {
        string directory = Directory.CreateTempSubdirectory("lowmem-frames-").FullName;
        File.WriteAllBytes(Path.Combine(directory, ".metadata"), Unsafe[name].Pickle);

        var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(directory, TestContext.Current.CancellationToken));

        Directory.Delete(directory, recursive: true);
        Assert.Equal(CheckpointErrorIds.Unsafe, error.ErrorId);
    }

    [Theory]
    [MemberData(nameof(UnsafeNames))]
    public void IsRefusedInAnotherRecordOfAnArchive(string name) => AssertRefused(
        ZipBytes.PyTorch([(byte)'}', (byte)'.']).Add("archive/other.pkl", Unsafe[name].Pickle).Build(), Unsafe[name].Message);

    [Theory]
    [InlineData("a name across the end")]
    [InlineData("a frame in a frame")]
    [InlineData("longer than the rest, with a name")]
    [InlineData("STOP before the end")]
    public void IsRefusedInAValue(string name)
    {
        byte[] pickle = [.. Proto(2), .. Bytes([1, 2, 3, .. Unsafe[name].Pickle]), (byte)'.'];
        AssertRefused(ZipBytes.PyTorch(pickle).Build(), Unsafe[name].Message);
        AssertRefused(pickle, Unsafe[name].Message);
    }

    [Fact]
    public void BytesThatOnlyLookLikeTheStartOfAPickleAreNoReason()
    {
        byte[] pickle = [.. Proto(2), .. Bytes([1, 2, 3, .. Proto(4), .. Frame(0x123456789), 0xff, 0xff]), (byte)'.'];
        using var file = MutatedFile.With(ZipBytes.PyTorch(pickle).Build());

        Assert.Empty(file.Open().Findings);
    }

    /// <summary>Random bytes have that once in some hundred megabytes, and it hides nothing.</summary>
    [Fact]
    public void AFrameLongerThanTheRestThatNamesNothingIsNoReasonInsideAValue()
    {
        byte[] pickle = [.. Proto(2), .. Bytes([1, 2, 3, .. Proto(4), .. Frame(0x1234567890abcdef), .. Ascii("N.")]), (byte)'.'];
        using var file = MutatedFile.With(ZipBytes.PyTorch(pickle).Build());

        Assert.Empty(file.Open().Findings);
    }

    [Fact]
    public void WhatWasNamedBeforeIsTold()
    {
        byte[] pickle = [.. Proto(4), .. Ascii("cos\nsystem\n0"), .. Frame(3), .. Ascii("czzbuiltins\nlen\n.")];
        using var file = MutatedFile.With(ZipBytes.PyTorch(pickle).Build());

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.Unsafe, error.ErrorId);
        Assert.Equal(["os.system"], error.UnsafeGlobals);
    }

    [Fact]
    public void WhatAFrameThatIsTooLongHoldsIsTold()
    {
        byte[] pickle = [.. Proto(4), .. Frame(1000), .. Ascii("cos\nsystem\n.")];
        using var file = MutatedFile.With(ZipBytes.PyTorch(pickle).Build());

        Assert.Equal(["os.system"], file.Refusal().UnsafeGlobals);
    }

    [Fact]
    public void AFileThatIsCutOffInAFrameIsTruncated()
    {
        byte[] pickle = [.. Proto(4), .. Frame(1000), .. Ascii("}N")];
        byte[] legacy = [.. LegacyBytes.Magic, .. Proto(2), (byte)'M', 0xe9, 3, (byte)'.', .. pickle];
        using var file = MutatedFile.With(legacy);

        Assert.Equal(CheckpointErrorIds.Truncated, file.Refusal().ErrorId);
    }

    [Theory]
    [MemberData(nameof(LegalNames))]
    public void WhatPicklersWriteIsRead(string name)
    {
        using var file = MutatedFile.With(ZipBytes.PyTorch(Legal[name]).Build());

        Assert.Equal(7L, file.Open().Values["(root)"]);
    }

    private static byte[] Frame(long length) => [0x95, .. Number(length)];

    private static void AssertRefused(byte[] content, string name, string? record)
    {
        var error = AssertRefused(content, Unsafe[name].Message);
        Assert.Equal(record, error.Record);
        Assert.NotNull(error.Offset);
    }

    private static CheckpointException AssertRefused(byte[] content, string message)
    {
        using var file = MutatedFile.With(content);
        var error = file.Refusal();
        Assert.Equal(CheckpointErrorIds.Unsafe, error.ErrorId);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        return error;
    }
}

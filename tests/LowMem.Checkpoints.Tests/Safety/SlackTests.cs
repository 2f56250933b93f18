using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Safety;

/// <summary>Bytes of an archive that are in no record, or in records that nothing reads.</summary>
public sealed class SlackTests
{
    private static readonly byte[] Stop = [(byte)'.'];
    private static readonly byte[] Harmless = [.. Proto(2), (byte)'}', .. Stop];
    private static readonly byte[] Evil = Call("os", "system");
    private static readonly byte[] Text0 = Ascii("cos\nsystem\n(S'true'\ntR.");
    private static readonly byte[] Broken = Evil[..^1];
    private static readonly byte[] Unknown = Call("mymodule", "run");

    private static readonly Dictionary<string, Func<byte[], ZipBytes>> Places = new()
    {
        ["before the first record"] = evil => Head(evil).Add("archive/data.pkl", Harmless),
        ["before the first record, behind junk"] = evil => Head([1, 2, 3, .. evil]).Add("archive/data.pkl", Harmless),
        ["between two records"] = evil => Head([]).Add("archive/data.pkl", Harmless).AddRaw(evil).Add("archive/version", "3\n"u8.ToArray()),
        ["behind the last record"] = evil => Head([]).Add("archive/data.pkl", Harmless).AddRaw(evil),
        ["an extra field"] = evil => With(Main with { LocalExtra = ZipBytes.Field("XY", evil) }),
        ["an extra field that is longer than all"] = evil => With(Main with { LocalExtra = [(byte)'X', (byte)'Y', 255, 255, .. evil] }),
        ["the padding"] = evil => With(Main with { LocalExtra = ZipBytes.Field("FB", evil) }),
        ["the padding, behind others"] = evil => With(Main with { LocalExtra = [.. ZipBytes.Field("XY", []), .. ZipBytes.Field("FB", [.. "ZZZZ"u8, .. evil])] }),
        ["a field of ZIP64"] = evil => With(Main with { LocalExtra = ZipBytes.Field("\u0001\0", evil) }),
        ["an extra field of the directory"] = evil => With(Main with { Extra = ZipBytes.Field("XY", evil) }),
        ["the comment of a record"] = evil => With(Main with { Comment = evil }),
        ["a record of another name"] = evil => Head([]).Add("archive/data.pkl", Harmless).Add("archive/notes.txt", evil),
        ["a record of another name, behind junk"] = evil => Head([]).Add("archive/data.pkl", Harmless).Add("archive/notes.txt", [1, 2, 3, .. evil]),
        ["a record of another name, deflated"] = evil => Head([]).Add("archive/data.pkl", Harmless).AddDeflated("archive/notes.txt", evil),
        ["base64 in a record of code"] = evil => Head([]).Add("archive/data.pkl", Harmless).Add("archive/code/x.py", Ascii($"x = \"{Convert.ToBase64String(evil)}\"\n")),
        ["hexadecimal in a record of text"] = evil => Head([]).Add("archive/data.pkl", Harmless).Add("archive/extra/x.json", Ascii($"[\"{Convert.ToHexString(evil)}\"]")),
        ["what the directory does not name"] = evil => Head([]).Add("archive/data.pkl", Harmless).AddRaw(Orphan(archive => archive.Add("x", evil))),
        ["what the directory does not name, deflated"] = evil => Head([]).Add("archive/data.pkl", Harmless).AddRaw(Orphan(archive => archive.AddDeflated("x", evil))),
    };

    public static TheoryData<string> PlaceNames => [.. Places.Keys];

    private static ZipBytes.Record Main => new("archive/data.pkl", Harmless, (uint)Harmless.Length, 0);

    [Theory]
    [MemberData(nameof(PlaceNames))]
    public void FindsAPickleIn(string place) => Assert.Equal(["os.system"], Open(Places[place](Evil).Build()).UnsafeGlobals);

    [Theory]
    [MemberData(nameof(PlaceNames))]
    public void FindsAPickleOfProtocol0In(string place) => Assert.Equal(["os.system"], Open(Places[place](Text0).Build()).UnsafeGlobals);

    [Theory]
    [MemberData(nameof(PlaceNames))]
    public void FindsWhatNobodyKnowsIn(string place) => Assert.Equal(["mymodule.run"], Open(Places[place](Unknown).Build()).UnknownGlobals);

    [Theory]
    [InlineData("between two records")]
    [InlineData("the padding")]
    [InlineData("a record of another name, behind junk")]
    public void TellsWhatABrokenPickleCalls(string place)
    {
        Assert.Equal(["os.system"], Open(Places[place](Broken).Build()).UnsafeGlobals);
        Assert.Equal(["mymodule.run"], Open(Places[place](Unknown[..^1]).Build()).UnknownGlobals);
    }

    [Fact]
    public void TellsAllThatABrokenRecordNamesThatBeginsLikeAPickle()
    {
        byte[] pickle = [.. Proto(2), .. Global("mymodule", "Net"), 0xff];
        Assert.Equal(["mymodule.Net"], Open(Head([]).Add("archive/data.pkl", Harmless).Add("archive/other", pickle).Build()).UnknownGlobals);
    }

    [Fact]
    public void WhatBeginsLikeAPickleSomewhereInsideNamesNothingThatItDoesNotCall()
    {
        byte[] bytes = [1, 2, 3, .. Proto(2), .. Global("mymodule", "Net"), 0xff];
        Assert.Empty(Open(Head([]).Add("archive/data.pkl", Harmless).Add("archive/other", bytes).Build()).Globals);
    }

    [Fact]
    public void NamesTheRecordThatTheDirectoryDoesNot()
    {
        var archive = Head([]).Add("archive/data.pkl", Harmless).AddRaw(Orphan(orphan => orphan.Add("archive/hidden.pkl", Harmless)));

        var finding = Assert.Single(Open(archive.Build()).Findings);

        Assert.Equal(FindingSeverity.Error, finding.Severity);
        Assert.Equal(FindingCodes.ArchiveEntryInvalid, finding.Code);
        Assert.Contains("does not name the record 'archive/hidden.pkl'", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData((ushort)8, null, "compression method 8, the directory 0")]
    [InlineData(null, 7u, "7 bytes of content, the directory 4")]
    public void AHeaderThatContradictsTheDirectoryIsAnError(ushort? method, uint? length, string message)
    {
        var finding = Assert.Single(Open(With(Main with { LocalMethod = method, LocalLength = length }).Build()).Findings);

        Assert.Equal(FindingSeverity.Error, finding.Severity);
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ASizeThatTheHeaderLeavesOpenIsNone() =>
        Assert.Empty(Open(With(Main with { LocalLength = 0, LocalExtra = ZipBytes.Field("FB", [.. "ZZZZZZZZ"u8]) }).Build()).Findings);

    [Fact]
    public void MoreThanCanBeLookedThroughIsAFinding()
    {
        byte[] junk = new byte[(64 << 20) + 100];
        new Random(5).NextBytes(junk);

        var checkpoint = Open(Head(junk).Add("archive/data.pkl", Harmless).Build());

        Assert.Contains(checkpoint.Findings, finding => finding.Code == FindingCodes.HiddenPickles && finding.Severity == FindingSeverity.Error);
        Assert.Empty(checkpoint.Globals);
    }

    [Fact]
    public void BytesThatAreRandomNameNothingEvenWhereTheyBeginLikeAWholePickle()
    {
        // PROTO, EXT1, STOP, and PROTO, None, None, STACK_GLOBAL, STOP: by chance once in some hundred megabytes.
        byte[] bytes = [1, 0x80, 2, 0x82, 0x80, (byte)'.', 1, 0x80, 1, (byte)'N', (byte)'N', 0x93, (byte)'.', 1];
        byte[] value = [.. Proto(3), .. Bytes(bytes), (byte)'.'];

        Assert.Empty(Open(ZipBytes.PyTorch(value).Add("archive/other", bytes).AddRaw(bytes).Build()).Globals);
    }

    [Fact]
    public void AnExtensionThatAHiddenPickleCallsIsTold()
    {
        byte[] bytes = [1, 0x80, 2, 0x82, 0x80, (byte)')', (byte)'R', (byte)'.'];

        Assert.Equal(["copyreg.extension_128"], Open(ZipBytes.PyTorch(Harmless).Add("archive/other", bytes).Build()).UnsafeGlobals);
    }

    [Fact]
    public void AStorageOfConstantsThatNoConstantUsesDoesNotPass()
    {
        byte[] archive = ZipBytes.PyTorch(Harmless).Add("archive/constants.pkl", [.. Proto(2), (byte)')', .. Stop]).Add("archive/constants/0", new byte[8]).Build();
        using var file = MutatedFile.With(archive);

        var verdict = CheckpointVerifier.Verify(file.Path, cancellationToken: TestContext.Current.CancellationToken);

        var finding = Assert.Single(verdict.Findings, finding => finding.Severity == FindingSeverity.Error);
        Assert.Equal(FindingCodes.UnlistedStorage, finding.Code);
        Assert.EndsWith(": 'constants/0'", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesWhatIsAtTheEndOfALargeArchiveThatIsCutOff()
    {
        // TorchScript writes its pickle behind the tensors.
        byte[] archive = new ZipBytes().Add("archive/data/0", new byte[17 << 20]).AddDeflated("archive/data.pkl", Evil).Build();
        using var file = MutatedFile.With(archive[..archive.AsSpan().IndexOf("PK\u0001\u0002"u8)]);

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.Truncated, error.ErrorId);
        Assert.Equal(["os.system"], error.UnsafeGlobals);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("storages.bak")]
    public void FindsAPickleInAnyMemberOfATar(string name)
    {
        byte[] archive = new TarBytes { Root = [(byte)'}'] }.AddMember(name, [1, 2, 3, .. Evil]).Build();
        Assert.Equal(["os.system"], Open(archive).UnsafeGlobals);
    }

    [Fact]
    public void FindsAPickleBehindAMemberOfATarAndBehindAll()
    {
        byte[] archive = new TarBytes { Root = [(byte)'}'] }.AddMember("x", [1]).Build();
        int member = archive.AsSpan().IndexOf((byte)1);
        int padding = archive.AsSpan().LastIndexOfAnyExcept((byte)0) + 8;
        Assert.True(member > 0);
        Assert.Equal(["os.system"], Open([.. archive[..padding], .. Evil, .. archive[(padding + Evil.Length)..]]).UnsafeGlobals);
        Assert.Equal(["os.system"], Open([.. archive, .. Evil]).UnsafeGlobals);
    }

    private static ZipBytes Head(byte[] raw) => raw.Length == 0 ? new ZipBytes() : new ZipBytes().AddRaw([.. "PK\u0003\u0004."u8, .. raw]);

    private static ZipBytes With(ZipBytes.Record main) => new ZipBytes().Add(main);

    /// <summary>The bytes of a record without a directory.</summary>
    private static byte[] Orphan(Action<ZipBytes> add)
    {
        var archive = new ZipBytes();
        add(archive);
        byte[] whole = archive.Build();
        return whole[..whole.AsSpan().IndexOf("PK\u0001\u0002"u8)];
    }

    private static Checkpoint Open(byte[] content)
    {
        using var file = MutatedFile.With(content);
        return file.Open();
    }
}

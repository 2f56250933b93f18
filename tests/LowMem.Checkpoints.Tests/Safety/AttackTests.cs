using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Formats;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Safety;

/// <summary>Places and tricks by which a dangerous global is kept from being seen. Each file lists, and names it.</summary>
public sealed class AttackTests
{
    private static readonly byte[] Stop = [(byte)'.'];
    private static readonly byte[] Harmless = [.. Proto(2), (byte)'}', .. Stop];
    private static readonly byte[] Evil = Call("os", "system");

    public static TheoryData<string, string> Disguises => new()
    {
        { "torch", "serialization.load" },
        { "torch", "os.system" },
        { "random", "_os.system" },
        { "random", "_os" },
        { "collections", "_sys.modules" },
        { "mymodule", "Net.__init__.__globals__" },
        { "builtins", "object.__reduce__" },
        { "pathlib", "Path.unlink" },
        { "torch", "FloatStorage.from_file" },
        { "mymodels.utils", "os.system" },
        { "six.moves.builtins", "eval" },
        { "sklearn.externals.six.moves.cPickle", "loads" },
        { "os ", "system" },
        { "os\r", "system" },
        { " os", "system" },
        { "os\u200b", "system" },
        { "\uff4f\uff53", "system" },
        { "o\u00adS", "System" },
        { "__builtin__", "eval" },
        { "commands", "getoutput" },
        { "cPickle", "loads" },
        { "pandas", "read_pickle" },
        { "picklescan.scanner", "scan" },
        { "torch.fx.graph_module", "reduce_graph_module" },
    };

    public static TheoryData<string> Known =>
    [
        "collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch.float8_e4m3fn", "torch.cuda.HalfStorage",
        "argparse.Namespace", "pathlib.PosixPath", "datetime.datetime", "decimal.Decimal", "uuid.UUID",
        "fractions.Fraction", "numpy.core.multiarray.scalar", "numpy._core.multiarray._reconstruct", "numpy.dtype",
        "torch.serialization._get_layout", "torch.nn.modules.linear.Linear", "__torch__.torch.nn.Linear", "_io.BytesIO",
        "io.StringIO", "cStringIO.StringIO", "_datetime.datetime", "pathlib._local.PosixPath",
        "__builtin__.long", "__builtin__.unicode", "omegaconf.dictconfig.DictConfig", "transformers.training_args.TrainingArguments",
    ];

    public static TheoryData<string> Unknown =>
    [
        "__main__.Net", "mymodule.os_tools.Thing", "mymodel.layers.NT", "mymodel.nt.Config", "mymodel.os.Config", "OS.system",
        "torch.nn.modules.linear", "torch.nn.modules.linear.Linear.forward", "systems.Model", "codecs.encode", "",
    ];

    [Theory]
    [MemberData(nameof(Disguises))]
    public void NamesAGlobalInDisguise(string module, string name)
    {
        byte[] pickle = [.. Proto(4), .. StackGlobal(module, name), .. Text("true"), 0x85, (byte)'R', .. Stop];

        var checkpoint = Open(ZipBytes.PyTorch(pickle));

        Assert.Single(checkpoint.UnsafeGlobals);
        Assert.Single(checkpoint.Findings, finding => finding.Code == FindingCodes.UnsafeGlobal);
    }

    [Theory]
    [MemberData(nameof(Known))]
    public void KnowsPlainData(string name) => Assert.Equal(GlobalRisk.Known, GlobalClassifier.Classify(name));

    [Theory]
    [MemberData(nameof(Unknown))]
    public void SaysNothingOfWhatItDoesNotKnow(string name) => Assert.Equal(GlobalRisk.Unknown, GlobalClassifier.Classify(name));

    [Theory]
    [InlineData("sys.modules")]
    [InlineData("os.path.join")]
    [InlineData("posix.system")]
    [InlineData("nt.system")]
    public void NeverKnowsTheModulesThatPyTorchRefusesEvenWhenAsked(string name) =>
        Assert.Equal(GlobalRisk.Dangerous, GlobalClassifier.Classify(name));

    [Fact]
    public void NamesWhatABrokenShardNamedBeforeItBroke()
    {
        using var copy = new FixtureCopy("sharded-bin");
        string shard = Checkpoint.Open(copy.Path, CancellationToken.None).Files[0].Path;
        byte[] hostile = File.ReadAllBytes(FixtureFiles.PathOf("unsafe_os_system"));
        File.WriteAllBytes(shard, hostile[..(hostile.Length / 2)]);

        var checkpoint = Checkpoint.Open(copy.Path, CancellationToken.None);

        Assert.Contains("os.system", checkpoint.UnsafeGlobals);
        Assert.Contains(checkpoint.Findings, finding => finding.Code == FindingCodes.ShardMissing);
        Assert.NotEmpty(checkpoint.Tensors);
    }

    [Fact]
    public void FindsASecondPickleBehindTheStopOfTheFirst() =>
        Assert.Equal(["os.system"], Open(ZipBytes.PyTorch([.. Harmless, .. Evil])).UnsafeGlobals);

    [Fact]
    public void FindsASecondPickleBehindJunk() =>
        Assert.Equal(["os.system"], Open(ZipBytes.PyTorch([.. Harmless, 0, 0xff, 0, .. Evil])).UnsafeGlobals);

    [Fact]
    public void FindsASecondPickleOfProtocol0BehindJunk() =>
        Assert.Equal(["os.system"], Open(ZipBytes.PyTorch([.. Harmless, 0, .. Ascii("cos\nsystem\n(S'true'\ntR.")])).UnsafeGlobals);

    [Fact]
    public void FindsAPickleInBytes() =>
        Assert.Equal(["os.system"], Open(ZipBytes.PyTorch([.. Proto(3), .. Bytes(Evil), .. Stop])).UnsafeGlobals);

    [Fact]
    public void FindsAPickleInBytesBehindOtherBytes() =>
        Assert.Equal(["os.system"], Open(ZipBytes.PyTorch([.. Proto(3), .. Bytes([1, 2, 3, .. Evil, 4]), .. Stop])).UnsafeGlobals);

    [Fact]
    public void FindsAPickleInAPickleInAPickle()
    {
        byte[] nested = Evil;
        for (int i = 0; i < 5; i++)
        {
            nested = [.. Proto(3), .. Bytes(nested), .. Stop];
        }

        Assert.Equal(["os.system"], Open(ZipBytes.PyTorch(nested)).UnsafeGlobals);
    }

    [Fact]
    public void FindsAPickleInTextThatStandsForLatin1Bytes()
    {
        // Protocol 2 has no bytes: Python writes _codecs.encode('\x80\x02...', 'latin1').
        byte[] latin1 = Text(string.Concat(Evil.Select(value => (char)value)));
        Assert.Equal(["os.system"], Open(ZipBytes.PyTorch([.. Proto(2), .. latin1, .. Stop])).UnsafeGlobals);
    }

    [Fact]
    public void FindsAPickleOfProtocol0InText() =>
        Assert.Equal(["os.system"], Open(ZipBytes.PyTorch([.. Proto(2), .. Text("cos\nsystem\n(S'true'\ntR."), .. Stop])).UnsafeGlobals);

    [Fact]
    public void TakesNoListOfWordsForAPickle() =>
        Assert.Empty(Open(ZipBytes.PyTorch([.. Proto(2), .. Text("cos\nsin\ntan\n"), .. Stop])).UnsafeGlobals);

    [Theory]
    [InlineData("archive/constants.pkl")]
    [InlineData("archive/extra/notes.txt")]
    [InlineData("elsewhere/data.pkl")]
    [InlineData("archive/data/evil.pkl")]
    [InlineData("archive/data/deep/0")]
    public void FindsAPickleInAnotherRecord(string name)
    {
        var archive = ZipBytes.PyTorch(Harmless).Add(name, Evil);

        var checkpoint = Open(archive);

        Assert.Equal(["os.system"], checkpoint.UnsafeGlobals);
        Assert.Contains(name, checkpoint.Findings.Single(finding => finding.Code == FindingCodes.UnsafeGlobal).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FindsAPickleInADeflatedRecord() =>
        Assert.Equal(["os.system"], Open(ZipBytes.PyTorch(Harmless).AddDeflated("archive/notes", Evil)).UnsafeGlobals);

    [Fact]
    public void FindsAPickleOfProtocol0InARecordOfThatName() =>
        Assert.Equal(["os.system"], Open(ZipBytes.PyTorch(Harmless).Add("archive/more.PKL", Ascii("cos\nsystem\n(S'true'\ntR."))).UnsafeGlobals);

    [Fact]
    public void NamesWhatABrokenPickleNamedBeforeItBroke()
    {
        using var file = MutatedFile.With(ZipBytes.PyTorch([.. Evil[..^1], 0xff]).Build());

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Equal(["os.system"], error.UnsafeGlobals);
        Assert.Contains("os.system", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesWhatIsInAnArchiveThatIsCutOff()
    {
        byte[] whole = ZipBytes.PyTorch(Evil).Build();
        using var file = MutatedFile.With(whole[..^30]);

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.Truncated, error.ErrorId);
        Assert.Equal(["os.system"], error.UnsafeGlobals);
    }

    [Fact]
    public void NamesWhatIsInAnArchiveThatIsNoCheckpoint()
    {
        using var file = MutatedFile.With(new ZipBytes().AddDeflated("evil.pkl", Evil).Build());

        Assert.Equal(["os.system"], file.Refusal().UnsafeGlobals);
    }

    [Fact]
    public void ListsABarePickleWhateverItIsCalled()
    {
        using var file = MutatedFile.With(Evil);

        var checkpoint = file.Open();

        Assert.Equal(CheckpointFormats.Pickle, checkpoint.Format);
        Assert.Equal(["os.system"], checkpoint.UnsafeGlobals);
    }

    [Fact]
    public void FindsAGlobalThroughTheMemo()
    {
        byte[] pickle = [.. Proto(4), .. Text("os"), (byte)'q', 0, (byte)'0', .. Text("system"), (byte)'q', 1, (byte)'0', (byte)'h', 0, (byte)'h', 1, 0x93, .. Stop];
        Assert.Equal(["os.system"], Open(ZipBytes.PyTorch(pickle)).UnsafeGlobals);
    }

    [Fact]
    public void ReportsANameThatThePickleWouldCompute()
    {
        byte[] joined = [.. Global("builtins", "str"), .. Text("os"), 0x85, (byte)'R'];
        byte[] pickle = [.. Proto(4), .. joined, .. Text("system"), 0x93, .. Stop];
        Assert.Equal(["<computed>.system"], Open(ZipBytes.PyTorch(pickle)).UnsafeGlobals);
    }

    [Fact]
    public void ReportsObjectsOfTheExtensionRegistry() =>
        Assert.Equal(["copyreg.extension_7"], Open(ZipBytes.PyTorch([.. Proto(2), 0x82, 7, .. Stop])).UnsafeGlobals);

    [Theory]
    [InlineData("R")]
    [InlineData("\u0081")]
    public void FindsWhatIsCalledAndThrownAway(string call)
    {
        byte[] pickle = [.. Proto(2), .. Global("os", "system"), .. Text("true"), 0x85, (byte)call[0], (byte)'0', (byte)'}', .. Stop];
        Assert.Equal(["os.system"], Open(ZipBytes.PyTorch(pickle)).UnsafeGlobals);
    }

    [Theory]
    [InlineData("b")]
    [InlineData("u")]
    [InlineData("s")]
    [InlineData("e")]
    public void ReportsAnImportThatIsWrittenTo(string opcode)
    {
        // Setting items or attributes on a class or module changes the program that loads the file.
        byte[] change = opcode switch
        {
            "b" => [(byte)'}', (byte)'b'],
            "u" => [(byte)'(', .. Text("k"), .. Text("v"), (byte)'u'],
            "s" => [.. Text("k"), .. Text("v"), (byte)'s'],
            _ => [(byte)'(', .. Text("v"), (byte)'e'],
        };
        Assert.Equal(["torch.Tensor"], Open(ZipBytes.PyTorch([.. Proto(2), .. Global("torch", "Tensor"), .. change, .. Stop])).UnsafeGlobals);
    }

    [Fact]
    public void LetsAnEnumMemberBeLookedUp()
    {
        byte[] pickle = [.. Proto(2), .. Global("builtins", "getattr"), .. Global("__main__", "Colour"), .. Text("RED"), 0x86, (byte)'R', .. Stop];

        var checkpoint = Open(ZipBytes.PyTorch(pickle));

        Assert.Empty(checkpoint.UnsafeGlobals);
        Assert.Equal("__main__.Colour.RED", Assert.Single(checkpoint.Values).Value);
    }

    [Fact]
    public void ReportsAnAttributeThatIsCalled()
    {
        byte[] lookup = [.. Global("builtins", "getattr"), .. Global("__main__", "Colour"), .. Text("RED"), 0x86, (byte)'R'];
        Assert.Equal(["builtins.getattr"], Open(ZipBytes.PyTorch([.. Proto(2), .. lookup, (byte)')', (byte)'R', .. Stop])).UnsafeGlobals);
    }

    [Fact]
    public void ReportsAnAttributeThatIsHandedToACall()
    {
        byte[] lookup = [.. Global("builtins", "getattr"), .. Global("__main__", "Colour"), .. Text("RED"), 0x86, (byte)'R'];
        byte[] pickle = [.. Proto(2), .. Global("collections", "defaultdict"), .. lookup, 0x85, (byte)'R', .. Stop];
        Assert.Equal(["builtins.getattr"], Open(ZipBytes.PyTorch(pickle)).UnsafeGlobals);
    }

    [Fact]
    public void ReportsAnAttributeThatIsPutLaterIntoAListThatACallGets()
    {
        byte[] lookup = [.. Global("builtins", "getattr"), .. Global("__main__", "Colour"), .. Text("RED"), 0x86, (byte)'R'];
        byte[] call = [.. Global("mymodule", "run"), (byte)']', (byte)'q', 0, 0x85, (byte)'R', (byte)'0'];
        byte[] pickle = [.. Proto(2), .. call, (byte)'h', 0, .. lookup, (byte)'a', .. Stop];
        Assert.Equal(["builtins.getattr"], Open(ZipBytes.PyTorch(pickle)).UnsafeGlobals);
    }

    [Theory]
    [InlineData("__class__")]
    [InlineData("_private")]
    [InlineData("a.b")]
    public void ReportsALookupOfWhatIsNoMember(string member)
    {
        byte[] pickle = [.. Proto(2), .. Global("builtins", "getattr"), .. Global("__main__", "Colour"), .. Text(member), 0x86, (byte)'R', .. Stop];
        Assert.Equal(["builtins.getattr"], Open(ZipBytes.PyTorch(pickle)).UnsafeGlobals);
    }

    [Fact]
    public void OneBadRecordDoesNotHideTheOthers()
    {
        var archive = ZipBytes.PyTorch(Harmless)
            .Add(new ZipBytes.Record("archive/locked.pkl", Evil, (uint)Evil.Length, 0) { Flags = 1 })
            .Add("archive/open.pkl", Call("posix", "system"));

        var checkpoint = Open(archive);

        Assert.Equal(["posix.system"], checkpoint.UnsafeGlobals);
        Assert.Contains(checkpoint.Findings, finding =>
            finding.Code == FindingCodes.ArchiveEntryInvalid && finding.Message.Contains("encrypted", StringComparison.Ordinal));
    }

    [Fact]
    public void SortsTheGlobalsOfAFile()
    {
        byte[] pickle = [.. Proto(2), .. Global("os", "system"), .. Global("__main__", "Net"), .. Global("torch", "Size"), 0x87, .. Stop];

        var summary = Open(ZipBytes.PyTorch(pickle)).GetSummary();

        Assert.Equal(["__main__.Net", "os.system", "torch.Size"], summary.Globals);
        Assert.Equal(["__main__.Net"], summary.UnknownGlobals);
        Assert.Equal(["os.system"], summary.UnsafeGlobals);
    }

    [Fact]
    public void NamesNothingInAMessageThatATerminalWouldObey()
    {
        var checkpoint = Open(ZipBytes.PyTorch([.. Proto(2), .. Global("os", "\u001b[2Jsystem"), .. Stop]));

        Assert.DoesNotContain('\u001b', checkpoint.DescribeUnsafeGlobals());
        Assert.All(checkpoint.Findings, finding => Assert.DoesNotContain('\u001b', finding.Message));
    }

    private static Checkpoint Open(ZipBytes archive)
    {
        using var file = MutatedFile.With(archive.Build());
        return file.Open();
    }
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Safety;

/// <summary>
/// What was published against other scanners, built anew with harmless arguments: advisories on picklescan, the reports on
/// nullifAI, and the functions that they, fickling and JFrog name. None passes, whatever is allowed.
/// </summary>
public sealed class PublishedTechniqueTests
{
    private static readonly byte[] Stop = [(byte)'.'];

    [Theory]
    [InlineData("_aix_support", "_read_cmd_output")]
    [InlineData("_io", "FileIO")]
    [InlineData("_operator", "attrgetter")]
    [InlineData("_operator", "methodcaller")]
    [InlineData("_osx_support", "_find_build_tool")]
    [InlineData("_osx_support", "_read_output")]
    [InlineData("_pyrepl.pager", "pipe_pager")]
    [InlineData("asyncio.base_subprocess", "BaseSubprocessTransport._start")]
    [InlineData("asyncio.unix_events", "_UnixSubprocessTransport._start")]
    [InlineData("bdb", "Bdb.run")]
    [InlineData("cProfile", "runctx")]
    [InlineData("cgitb", "lookup")]
    [InlineData("code", "InteractiveInterpreter.runcode")]
    [InlineData("distutils.file_util", "write_file")]
    [InlineData("doctest", "debug_script")]
    [InlineData("ensurepip", "_run_pip")]
    [InlineData("http.client", "HTTPSConnection")]
    [InlineData("idlelib.autocomplete", "AutoComplete.get_entity")]
    [InlineData("idlelib.calltip", "Calltip.fetch_tip")]
    [InlineData("idlelib.debugobj", "ObjectTreeItem.SetText")]
    [InlineData("idlelib.pyshell", "ModifiedInterpreter.runcode")]
    [InlineData("idlelib.run", "Executive.runcode")]
    [InlineData("imaplib", "IMAP4_stream")]
    [InlineData("lib2to3.pgen2.grammar", "Grammar.loads")]
    [InlineData("lib2to3.pgen2.pgen", "ParserGenerator.make_label")]
    [InlineData("linecache", "getline")]
    [InlineData("logging.config", "listen")]
    [InlineData("multiprocessing.util", "spawnv_passfds")]
    [InlineData("numpy.f2py.crackfortran", "_eval_length")]
    [InlineData("numpy.f2py.crackfortran", "getlincoef")]
    [InlineData("numpy.f2py.crackfortran", "param_eval")]
    [InlineData("numpy.testing._private.utils", "runstring")]
    [InlineData("pip", "main")]
    [InlineData("pip._internal", "main")]
    [InlineData("pip._vendor.distlib.scripts", "ScriptMaker")]
    [InlineData("pkgutil", "resolve_name")]
    [InlineData("profile", "Profile.runctx")]
    [InlineData("pty", "spawn")]
    [InlineData("pydoc", "locate")]
    [InlineData("pydoc", "pipepager")]
    [InlineData("runpy", "run_path")]
    [InlineData("site", "execsitecustomize")]
    [InlineData("ssl", "get_server_certificate")]
    [InlineData("test.support.script_helper", "assert_python_ok")]
    [InlineData("timeit", "timeit")]
    [InlineData("torch._dynamo.guards", "GuardBuilder.get")]
    [InlineData("torch.fx.experimental.symbolic_shapes", "ShapeEnv.evaluate_guards_expression")]
    [InlineData("torch.jit.unsupported_tensor_ops", "execWrapper")]
    [InlineData("torch.utils._config_module", "ConfigModule.load_config")]
    [InlineData("torch.utils.bottleneck.__main__", "run_autograd_prof")]
    [InlineData("torch.utils.bottleneck.__main__", "run_cprofile")]
    [InlineData("torch.utils.collect_env", "run")]
    [InlineData("torch.utils.data.datapipes.utils.decoder", "basichandlers")]
    [InlineData("trace", "Trace.runctx")]
    [InlineData("urllib.request", "urlopen")]
    [InlineData("uuid", "_get_command_stdout")]
    [InlineData("venv", "create")]
    [InlineData("webbrowser", "open")]
    [InlineData("zipimport", "zipimporter")]
    public void AFunctionOfAnAdvisoryCannotBeAllowed(string module, string name)
    {
        byte[] call = [.. StackGlobal(module, name), .. Text("x"), 0x85, (byte)'R'];

        AssertRefused(ZipBytes.PyTorch([.. Proto(4), .. call, .. Stop]).Build(), $"{module}.{name}");
        AssertRefused([.. Proto(4), .. call, (byte)'0', .. Dict(("a", Int(1))), .. Stop], $"{module}.{name}");
    }

    /// <summary>nullifAI: the call comes first, and what follows is no pickle. Python has run it when it stops.</summary>
    [Theory]
    [InlineData("X")]
    [InlineData("\u00ff")]
    [InlineData("")]
    public void APickleThatBreaksOffBehindItsCallTellsIt(string rest)
    {
        byte[] pickle = [.. Proto(2), .. Call("posix", "system"), .. rest.Select(character => (byte)character)];

        AssertRefused(ZipBytes.PyTorch(pickle).Build(), "posix.system");
        AssertRefused(pickle, "posix.system");
    }

    /// <summary>nullifAI again: an archive that PyTorch does not open, and that a user unpacks first.</summary>
    [Fact]
    public void AnArchiveThatCannotBeLookedThroughDoesNotPass()
    {
        byte[] archive = [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0, 4, .. new byte[24], .. Proto(2), .. Call("posix", "system"), .. Stop];
        using var file = MutatedFile.With(archive);

        var error = Record.Exception(() => Assert.False(CheckpointVerifier.Verify(file.Path, null, null, TestContext.Current.CancellationToken).Passed));

        Assert.True(error is null or CheckpointException, error?.ToString());
    }

    /// <summary>A name of file that is made of wildcards or quotes must not become a hint that allows everything, or runs something.</summary>
    [Theory]
    [InlineData("*", "*", "?.?")]
    [InlineData("a[b]", "c", "a?b?.c")]
    [InlineData("a'b", "c`d", "a?b.c?d")]
    [InlineData("a\u2019b", "c\u201bd", "a?b.c?d")]
    [InlineData("my_model.v-2", "N\u00e9t", "my_model.v-2.N\u00e9t")]
    public void AHintAllowsNoMoreThanItSays(string module, string name, string pattern)
    {
        using var file = MutatedFile.With(ZipBytes.PyTorch([.. Proto(4), .. StackGlobal(module, name), .. Stop]).Build());
        var verdict = CheckpointVerifier.Verify(file.Path, null, null, TestContext.Current.CancellationToken);

        var finding = Assert.Single(verdict.Findings, finding => finding.Code == FindingCodes.UnknownGlobal);
        Assert.EndsWith($"where you trust it, -AllowGlobal '{pattern}' lets it pass", finding.Message, StringComparison.Ordinal);
    }

    private static void AssertRefused(byte[] content, string name)
    {
        using var file = MutatedFile.With(content);
        var verdict = CheckpointVerifier.Verify(
            file.Path, new VerificationOptions { AllowsGlobal = _ => true }, null, TestContext.Current.CancellationToken);

        Assert.False(verdict.Passed);
        Assert.Contains(verdict.Findings, finding => finding.Severity == FindingSeverity.Error && finding.Message.Contains(name, StringComparison.Ordinal));
    }
}

using System.Diagnostics;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Differential;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Pickle;

/// <summary>Names of Python 2 are told as what Python 3 makes of them: below protocol 3, as CPython does.</summary>
public sealed class Python2NameTests
{
    [Theory]
    [InlineData(2, "__builtin__", "eval", "builtins.eval")]
    [InlineData(2, "__builtin__", "reduce", "functools.reduce")]
    [InlineData(2, "__builtin__", "intern", "sys.intern")]
    [InlineData(2, "commands", "getoutput", "subprocess.getoutput")]
    [InlineData(2, "thread", "start_new_thread", "_thread.start_new_thread")]
    [InlineData(2, "urllib", "urlopen", "urllib.request.urlopen")]
    [InlineData(2, "exceptions", "IOError", "builtins.IOError")]
    [InlineData(2, "exceptions", "Own", "exceptions.Own")]
    [InlineData(3, "thread", "Pool", "thread.Pool")]
    [InlineData(4, "commands", "Own", "commands.Own")]
    [InlineData(4, "collections", "OrderedDict", "collections.OrderedDict")]
    public void TheNameIsWhatPythonGets(byte protocol, string module, string name, string expected)
    {
        byte[] pickle = [.. Proto(protocol), .. Global(module, name), (byte)'.'];
        using var file = MutatedFile.With(ZipBytes.PyTorch(pickle).Build());

        Assert.Equal([expected], file.Open().Globals);
    }

    [Fact]
    public void OneNameInTwoProtocolsIsTwo()
    {
        byte[] pickle = [.. Proto(2), .. Global("thread", "x"), .. Proto(4), .. Global("thread", "x"), 0x86, (byte)'.'];
        using var file = MutatedFile.With(ZipBytes.PyTorch(pickle).Build());

        Assert.Equal(["_thread.x", "thread.x"], file.Open().Globals);
    }

    [Fact]
    public void TheTablesAreThoseOfCPython()
    {
        const string script =
            "import _compat_pickle as c\n"
            + "for (m, n), (a, b) in c.NAME_MAPPING.items(): print(m, n, a + '.' + b)\n"
            + "for m, a in c.IMPORT_MAPPING.items(): print(m, 'x', a + '.x')\n";
        using (var python = PythonReader.TryStart("python3", out string reason))
        {
            Assert.SkipWhen(python is null, $"CPython is not asked, since {reason}");
        }

        using var process = Process.Start(new ProcessStartInfo("python3", ["-I", "-S", "-c", script]) { RedirectStandardOutput = true })!;
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        Assert.True(lines.Length > 100);
        Assert.All(lines.Select(line => line.Split(' ')), line => Assert.Equal(line[2], new PickleGlobal(line[0], line[1]).FullName));
    }
}

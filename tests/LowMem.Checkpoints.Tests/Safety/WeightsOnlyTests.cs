using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Safety;

/// <summary>The rules of <c>torch/_weights_only_unpickler.py</c>, one by one: what it takes, and why it refuses what it does not.</summary>
public sealed class WeightsOnlyTests
{
    private static readonly byte[] Dict = [(byte)'}'];
    private static readonly byte[] List = [(byte)']'];
    private static readonly byte[] Tuple0 = [(byte)')'];

    public static TheoryData<string, byte[]> Accepted => new()
    {
        { "every leaf", [(byte)'(', (byte)'N', 0x88, 0x89, (byte)'K', 1, (byte)'M', 1, 0, (byte)'J', 1, 0, 0, 0, 0x8a, 1, 5, (byte)'G', 0, 0, 0, 0, 0, 0, 0, 0, .. Text("x"), (byte)'U', 1, (byte)'x', 0x8f, (byte)'t'] },
        { "tuples", [(byte)'N', 0x85, (byte)'N', 0x86, (byte)'N', (byte)'N', 0x87] },
        { "memo", [.. List, (byte)'q', 0, (byte)'r', 1, 0, 0, 0, (byte)'h', 0, (byte)'j', 1, 0, 0, 0, 0x87] },
        { "append", [.. List, (byte)'N', (byte)'a', (byte)'(', (byte)'N', (byte)'e'] },
        { "setitem on a dict", [.. Dict, .. Text("a"), (byte)'N', (byte)'s', (byte)'(', .. Text("b"), (byte)'N', (byte)'u'] },
        { "setitem on an OrderedDict", [.. Global("collections", "OrderedDict"), .. Tuple0, (byte)'R', .. Text("a"), (byte)'N', (byte)'s'] },
        { "setitem on a Counter", [.. Global("collections", "Counter"), .. Tuple0, (byte)'R', .. Text("a"), (byte)'N', (byte)'s'] },
        { "BUILD on an OrderedDict", [.. Global("collections", "OrderedDict"), .. Tuple0, (byte)'R', .. Dict, (byte)'b'] },
        { "BUILD on a parameter", [.. Global("torch.nn.parameter", "Parameter"), .. Tuple0, 0x81, .. Tuple0, (byte)'b'] },
        { "BUILD on a tensor", [.. Global("torch", "Tensor"), .. Tuple0, 0x81, .. Tuple0, (byte)'b'] },
        { "NEWOBJ of an allowed class", [.. Global("torch", "Size"), .. Tuple0, 0x81] },
        { "a name of Python 2", [.. Global("__builtin__", "set"), .. Tuple0, (byte)'R'] },
        { "a storage", [(byte)'(', .. Text("storage"), .. Global("torch", "FloatStorage"), (byte)'t', (byte)'Q'] },
        { "dtypes", [(byte)'(', .. Global("torch", "float32"), .. Global("torch", "float8_e4m3fn"), .. Global("torch", "uint3"), .. Global("torch", "bits8"), .. Global("torch", "per_tensor_affine"), (byte)'t'] },
        { "bytes of protocol 2", [.. Global("_codecs", "encode"), .. Text("x"), .. Text("latin1"), 0x86, (byte)'R'] },
    };

    public static TheoryData<string, byte[], string> Refused => new()
    {
        { "FRAME", [0x95, 0, 0, 0, 0, 0, 0, 0, 0, .. Dict], "opcode FRAME is none that it reads" },
        { "MEMOIZE", [.. Dict, 0x94], "opcode MEMOIZE is none that it reads" },
        { "STACK_GLOBAL", [.. Text("torch"), .. Text("Size"), 0x93], "opcode STACK_GLOBAL is none that it reads" },
        { "SHORT_BINUNICODE", [0x8c, 1, (byte)'x'], "opcode SHORT_BINUNICODE is none that it reads" },
        { "BINBYTES", [.. Bytes([1])], "none that it reads" },
        { "POP", [(byte)'N', (byte)'N', (byte)'0'], "opcode POP is none that it reads" },
        { "INST", [.. Ascii("(itorch\nSize\n")], "opcode INST is none that it reads" },
        { "LONG4", [0x8b, 1, 0, 0, 0, 1], "opcode LONG4 is none that it reads" },
        { "no opcode", [0xff], "0xff is no opcode" },
        { "unknown global", Global("mymodel", "Net"), "global 'mymodel.Net' is not on its list" },
        { "numpy scalar", Global("numpy.core.multiarray", "scalar"), "global 'numpy.core.multiarray.scalar' is not on its list" },
        { "nested tensors since 2.4", Global("torch._utils", "_rebuild_nested_tensor"), "is not on its list" },
        { "REDUCE of a constant", [.. Global("torch", "float32"), .. Tuple0, (byte)'R'], "REDUCE is on something else" },
        { "REDUCE of a value", [.. Dict, .. Tuple0, (byte)'R'], "REDUCE is on something else" },
        { "NEWOBJ of a function", [.. Global("_codecs", "encode"), .. Tuple0, 0x81], "NEWOBJ is on something else than a class of its list" },
        { "BUILD on a dict", [.. Dict, .. Dict, (byte)'b'], "BUILD is on something else" },
        { "BUILD on a class", [.. Global("torch", "Tensor"), .. Dict, (byte)'b'], "BUILD is on something else" },
        { "APPEND to a set", [0x8f, (byte)'N', (byte)'a'], "APPEND is on something else than a list" },
        { "SETITEM on a tensor (CVE-2026-24747)", [.. Global("torch", "Tensor"), .. Tuple0, (byte)'R', (byte)'N', (byte)'N', (byte)'s'], "SETITEM is on something else" },
        { "SETITEMS on a list", [.. List, (byte)'(', (byte)'N', (byte)'N', (byte)'u'], "SETITEMS is on something else" },
        { "persistent id of another kind", [.. Text("x"), 0x85, (byte)'Q'], "BINPERSID refers to something else than a storage" },
        { "an integer as persistent id", [(byte)'K', 1, (byte)'Q'], "BINPERSID refers to something else than a storage" },
        { "nothing as persistent id", [.. Tuple0, (byte)'Q'], "BINPERSID refers to something else than a storage" },
        { "text as persistent id", [.. Text("storage"), (byte)'Q'], "BINPERSID refers to something else than a storage" },
        { "bytes that are no text", [(byte)'U', 1, 0xff], "not UTF-8" },
    };

    [Theory]
    [MemberData(nameof(Accepted))]
    public void Takes(string about, byte[] pickle)
    {
        Assert.NotEmpty(about);
        using var file = MutatedFile.With(ZipBytes.PyTorch([.. Proto(2), .. pickle, (byte)'.']).Build());
        Assert.Null(Finding(file.Path)?.Message);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Refuses(string about, byte[] pickle, string reason)
    {
        Assert.NotEmpty(about);
        var answer = Answer(pickle);
        Assert.False(answer.IsAccepted);
        Assert.Contains(reason, answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void SaysWhyAndWhereInAFindingThatIsNoFault()
    {
        byte[] archive = ZipBytes.PyTorch([.. Proto(4), .. StackGlobal("torch", "Size"), (byte)'.']).Build();
        using var file = MutatedFile.With(archive);

        var verdict = CheckpointVerifier.Verify(file.Path, null, null, TestContext.Current.CancellationToken);

        Assert.True(verdict.Passed);
        Assert.False(verdict.WeightsOnly);
        var finding = Assert.Single(verdict.Findings, finding => finding.Code == FindingCodes.WeightsOnlyRefused);
        Assert.Equal(FindingSeverity.Information, finding.Severity);
        Assert.Equal(archive.AsSpan().IndexOf(StackGlobal("torch", "Size")) + StackGlobal("torch", "Size").Length - 1, finding.Offset);
    }

    [Theory]
    [InlineData("state-dict", true)]
    [InlineData("legacy-state-dict", true)]
    [InlineData("sharded-bin", true)]
    [InlineData("parameters", true)]
    [InlineData("dtypes", true)]
    [InlineData("quantized", true)]
    [InlineData("protocol-2", true)]
    [InlineData("protocol-3", true)]
    [InlineData("protocol-4", false)]
    [InlineData("protocol-5", false)]
    [InlineData("whole-module", false)]
    [InlineData("numpy-values", false)]
    [InlineData("torchscript", false)]
    [InlineData("tar-state-dict", false)]
    [InlineData("unsafe_os_system", false)]
    [InlineData("shapes", null)]
    [InlineData("sharded-safetensors", null)]
    [InlineData("dcp", null)]
    [InlineData("torchsharp", null)]
    public void JudgesWhatPyTorchWrote(string fixture, bool? expected) =>
        Assert.Equal(expected, Checkpoint.Open(FixtureFiles.PathOf(fixture), TestContext.Current.CancellationToken).GetSummary().WeightsOnly);

    private static LowMem.Checkpoints.WeightsOnlyAnswer Answer(byte[] pickle) =>
        LowMem.Checkpoints.Safety.WeightsOnly.WeightsOnlyCheck.Of(
            new LowMem.Checkpoints.Pickle.MemoryPickleInput((byte[])[.. Proto(2), .. pickle, (byte)'.']),
            new LowMem.Checkpoints.Pickle.PickleSource("file", null, 0, 1 << 20),
            TestContext.Current.CancellationToken);

    private static CheckpointFinding? Finding(string path) =>
        CheckpointVerifier.Verify(path, null, null, TestContext.Current.CancellationToken)
            .Findings.SingleOrDefault(finding => finding.Code == FindingCodes.WeightsOnlyRefused);
}

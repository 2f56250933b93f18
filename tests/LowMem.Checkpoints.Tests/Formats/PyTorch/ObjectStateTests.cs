using LowMem.Checkpoints.Diagnostics;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;
using static LowMem.Checkpoints.Tests.Builders.TensorBytes;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch;

/// <summary>Tensors in objects of classes that are not known: in every form of state, in arguments, on lists and dicts.</summary>
public sealed class ObjectStateTests
{
    private static readonly byte[] First = Vector("0", 1);
    private static readonly byte[] Second = Vector("1", 2);
    private static readonly byte[] None = [(byte)'N'];

    public static TheoryData<string, byte[], string[]> States => new()
    {
        { "a tuple of one", Tuple(First), ["o.0"] },
        { "a list", List(First, Second), ["o.0", "o.1"] },
        { "a tensor", First, ["o.state"] },
        { "a dict", Dict(("w", First)), ["o.w"] },
        { "an OrderedDict", [.. Ordered(("w", First))], ["o.w"] },
        { "(attributes, None)", Tuple(Dict(("w", First)), None), ["o.w"] },
        { "(None, slots)", Tuple(None, Dict(("v", First))), ["o.v"] },
        { "(attributes, slots)", Tuple(Dict(("w", First)), Dict(("v", Second))), ["o.w", "o.v"] },
        { "attributes and slots of one name", Tuple(Dict(("w", First)), Dict(("w", Second))), ["o.w", "o.slots.w"] },
        { "(weight, bias)", Tuple(First, Second), ["o.0", "o.1"] },
        { "(weight, None)", Tuple(First, None), ["o.0"] },
        { "(weight, dict)", Tuple(First, Dict(("k", Second))), ["o.0", "o.1.k"] },
        { "packed parameters", Tuple(Text("2"), List(First), List(Second)), ["o.1.0", "o.2.0"] },
    };

    [Theory]
    [MemberData(nameof(States))]
    public void EveryFormOfStateIsWalked(string form, byte[] state, string[] keys) =>
        Assert.True(keys.SequenceEqual(KeysOf([.. Made("my.quant", "Packed"), .. state, (byte)'b'])), form);

    [Fact]
    public void AnObjectOfCppGoesByItsStateAndItsClass()
    {
        var checkpoint = Open([.. Made("torch", "ScriptObject"), .. Tuple(Tuple(First, Second), Text("__torch__.Packed")), (byte)'b']);

        Assert.Equal(["o.0", "o.1"], checkpoint.Tensors.Select(tensor => tensor.Key));
        Assert.Equal("__torch__.Packed", checkpoint.Values["o"]);
    }

    [Fact]
    public void AQuantisedConvolutionGoesByTheNamesOfItsStateDict()
    {
        byte[] state = Tuple([.. Enumerable.Repeat(Int(1), 10), First, Second, Int(3), Int(4), [0x88]]);

        foreach (string module in new[] { "torch.nn.quantized.modules.conv", "__torch__.torch.ao.nn.quantized.modules.conv" })
        {
            Assert.Equal(["o.weight", "o.bias"], KeysOf([.. Made(module, "Conv2d"), .. state, (byte)'b']));
        }

        Assert.Equal(["o.10", "o.11"], KeysOf([.. Made("my.quantized", "Conv2d"), .. state, (byte)'b']));
    }

    [Fact]
    public void ArgumentsKeywordsItemsEntriesAndStateHaveNamesThatDiffer()
    {
        // cls.__new__(cls, t0, 1=t1), which is then appended to, given entries and a state.
        byte[] made =
        [
            .. Global("my", "Bag"), .. Tuple(Vector("0", 1)), .. Dict(("1", Vector("1", 1)), ("k", Vector("2", 1))), 0x92,
            .. List(Vector("3", 1), Vector("4", 1)).AsSpan(1), .. Dict(("k", Vector("5", 1)), ("w", Vector("6", 1))).AsSpan(1),
            .. Dict(("w", Vector("7", 1))), (byte)'b',
        ];

        var tensors = Open(made, 8).Tensors;

        Assert.Equal(
            ["o.args.0", "o.kwargs.1", "o.kwargs.k", "o.0", "o.1", "o.entries.k", "o.entries.w", "o.w"], tensors.Select(tensor => tensor.Key));
        Assert.Equal(Enumerable.Range(0, 8).Select(i => $"{i}"), tensors.Select(tensor => tensor.StorageKey));
    }

    [Fact]
    public void WhatTorchScriptPutsAroundContainersIsNoPartOfAKey()
    {
        byte[] list = [.. Global("torch.jit._pickle", "build_tensorlist"), .. Tuple(List(First)), (byte)'R'];
        byte[] dict = [.. Global("torch.jit._pickle", "restore_type_tag"), .. Tuple(Dict(("k", Second)), Text("Dict[str, Tensor]")), (byte)'R'];

        Assert.Equal(["o.ts.0", "o.dd.k"], KeysOf([.. Made("__torch__", "L"), .. Dict(("ts", list), ("dd", dict)), (byte)'b']));
    }

    [Fact]
    public void AStateOfNumbersAloneStaysAText()
    {
        // numpy.dtype('f4', False, True) and its state.
        byte[] type = [.. Global("numpy", "dtype"), .. Tuple(Text("f4"), [0x89], [0x88]), (byte)'R', .. Tuple(Int(3), Text("<"), None), (byte)'b'];

        Assert.Equal("numpy.dtype('f4', False, True)", Open(type).Values["o"]);
    }

    [Fact]
    public void ABareStorageIsATensorOfOneDimension()
    {
        var tensor = Assert.Single(Open(Storage("0", 1)).Tensors);

        Assert.Equal(("o", "float32", "0", 4L), (tensor.Key, tensor.DType, tensor.StorageKey, tensor.ByteLength));
        Assert.Equal([1L], tensor.Shape);
        Assert.Null(tensor.UnreadableReason);
    }

    [Fact]
    public void ABareStorageWithoutATypeIsBytes()
    {
        byte[] storage = [.. Tuple(Text("storage"), Global("torch.storage", "UntypedStorage"), Text("0"), Text("cpu"), Int(4)), (byte)'Q'];

        var tensor = Assert.Single(Open(storage).Tensors);

        Assert.Equal("uint8", tensor.DType);
        Assert.Equal([4L], tensor.Shape);
    }

    private static IEnumerable<string> KeysOf(byte[] made) => Open(made).Tensors.Select(tensor => tensor.Key);

    private static Checkpoint Open(byte[] made, int storages = 2)
    {
        var archive = Archive([("o", made)], [.. Enumerable.Range(0, storages).Select(i => ($"{i}", new byte[storages == 2 ? 4 * (i + 1) : 4]))]);
        using var file = MutatedFile.With(archive.Build());
        var checkpoint = file.Open();
        Assert.DoesNotContain(checkpoint.Findings, finding => finding.Severity == FindingSeverity.Error && finding.Code != FindingCodes.UnknownGlobal);
        return checkpoint;
    }

    private static byte[] Made(string module, string name) => [.. Global(module, name), (byte)')', 0x81];

    private static byte[] List(params byte[][] items) => [(byte)']', (byte)'(', .. items.SelectMany(item => item), (byte)'e'];

    private static byte[] Ordered(params (string Key, byte[] Value)[] items) =>
        [.. Global("collections", "OrderedDict"), (byte)')', (byte)'R', .. Dict(items).AsSpan(1)];
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;
using static LowMem.Checkpoints.Tests.Builders.TensorBytes;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch;

/// <summary>Tensors that a state dict leaves out: attributes of modules and of tensors, parts of wrappers, keys of dicts.</summary>
public sealed class AttributeTests
{
    private const string Wrapper = "ctorch._utils\n_rebuild_wrapper_subclass\n";

    [Fact]
    public void AttributesOfAModuleComeLastAndAreMarked()
    {
        var tensors = Checkpoint.Open(FixtureFiles.PathOf("attributes"), TestContext.Current.CancellationToken).Tensors;

        Assert.Equal(["model.weight", "model.bias"], tensors.Where(tensor => !tensor.IsAttribute).Select(tensor => tensor.Key));
        Assert.Equal(
            ["model.anchors", "model.others.0", "model.others.1.layer.weight", "model.others.1.layer.bias"],
            tensors.Where(tensor => tensor.IsAttribute).Select(tensor => tensor.Key));
    }

    [Fact]
    public void BuffersThatAreNotPersistentAreNamedWhereTheyAreLeftOut()
    {
        var verdict = CheckpointVerifier.Verify(FixtureFiles.PathOf("attributes"), cancellationToken: TestContext.Current.CancellationToken);

        var finding = Assert.Single(verdict.Findings, finding => finding.Code == FindingCodes.UnlistedStorage);
        Assert.Equal(FindingSeverity.Information, finding.Severity);
        Assert.Equal("left out, as state_dict() does: 1 buffer that is not persistent, 'model.cache'", finding.Message);
    }

    [Fact]
    public void ModulesThatReferToEachOtherAreWalkedOnce()
    {
        // Each of a hundred modules names the two before it twice: as names they would be 2^100.
        byte[] modules = [(byte)']', (byte)'('];
        for (int i = 0; i < 100; i++)
        {
            byte[] earlier = i < 2 ? Vector("0", 1) : [(byte)']', (byte)'(', .. Get(i - 1), .. Get(i - 2), (byte)'e'];
            modules = [.. modules, .. Global("my", "Layer"), (byte)')', 0x81, .. Dict(("_parameters", [(byte)'}']), ("_modules", [(byte)'}']), ("earlier", earlier)), (byte)'b', (byte)'q', (byte)i];
        }

        var checkpoint = Open([("m", [.. modules, (byte)'e'])], 1);

        var tensor = Assert.Single(checkpoint.Tensors);
        Assert.Equal("m.0.earlier", tensor.Key);

        static byte[] Get(int i) => [(byte)'h', (byte)i];
    }

    [Fact]
    public void AttributesOfATensorAreListedBelowIt()
    {
        byte[] tensor =
        [
            .. Global("torch._utils", "_rebuild_parameter_with_state"),
            .. Tuple(Vector("0", 1), [0x88], Dict(), Dict(("scale", Vector("1", 1)), ("weight", Vector("2", 1)))), (byte)'R',
        ];

        var tensors = Open([("x", tensor), ("x.weight", Vector("3", 1))], 4).Tensors;

        // The name that the attribute would have is taken.
        Assert.Equal(["x", "x.weight", "x.scale", "x.weight#2"], tensors.Select(each => each.Key));
        Assert.Equal([false, false, true, true], tensors.Select(each => each.IsAttribute));
    }

    [Fact]
    public void WrappersWithinWrappersHaveComponents()
    {
        byte[] inner = Wrapped("int8", Dict(("int_data", Vector("0", 1)), ("scale", Vector("1", 1))));
        byte[] outer = Wrapped("bfloat16", Dict(("tensor_impl", inner), ("block_size", Ints(1, 3)), ("codes", [(byte)']', (byte)'(', .. Vector("2", 1), (byte)'e'])));

        var tensors = Open([("w", outer)], 3).Tensors;

        Assert.Equal(["w", "w.codes.0"], tensors.Select(tensor => tensor.Key));
        Assert.Equal(["tensor_impl"], tensors[0].Components.Keys);
        Assert.Equal(["int_data", "scale"], tensors[0].Components["tensor_impl"].Components.Keys);
        Assert.Equal("w.tensor_impl.scale", tensors[0].Components["tensor_impl"].Components["scale"].Key);
    }

    [Fact]
    public void WrappersNestedWithoutEndAreCutOffAndNothingIsLost()
    {
        byte[] wrapper = Vector("0", 1);
        for (int i = 0; i < 40; i++)
        {
            wrapper = Wrapped("int8", Dict(("inner", wrapper)));
        }

        var checkpoint = Open([("w", wrapper)], 1);

        Assert.Contains(checkpoint.Tensors.SelectMany(tensor => tensor.GetParts()), part => part.StorageKey == "0");
    }

    [Theory]
    [InlineData("torch._utils", "_rebuild_nested_tensor", TensorLayouts.Strided, new[] { "values", "sizes" })]
    public void ANestedTensorHasItsValuesAsAComponent(string module, string name, string layout, string[] parts)
    {
        byte[] tensor = [.. Global(module, name), .. Tuple(Vector("0", 1), Vector("1", 1)), (byte)'R'];

        var nested = Assert.Single(Open([("n", tensor)], 2).Tensors);

        Assert.Equal((layout, "float32"), (nested.Layout, nested.DType));
        Assert.Equal(parts, nested.Components.Keys);
        Assert.StartsWith("it is nested", nested.UnreadableReason, StringComparison.Ordinal);
    }

    [Fact]
    public void AJaggedTensorHasItsValuesAndOffsetsAsComponents()
    {
        byte[] tensor =
        [
            .. Global("torch._tensor", "_rebuild_from_type_v2"),
            .. Tuple(
                Global("torch.nested._internal.nested_tensor", "NestedTensor"),
                Global("torch.nested._internal.nested_tensor", "NestedTensor"),
                Tuple(Vector("0", 1), Vector("1", 1)),
                Dict(("_ragged_idx", Int(1)))),
            (byte)'R',
        ];

        var nested = Assert.Single(Open([("n", tensor)], 2).Tensors);

        Assert.Equal(TensorLayouts.Jagged, nested.Layout);
        Assert.Equal(["_values", "_offsets"], nested.Components.Keys);
    }

    [Fact]
    public void KeysAreTextAsPythonPrintsIt()
    {
        byte[] none = [(byte)'N'];
        byte[] frozen = [.. Global("builtins", "frozenset"), .. Tuple([(byte)']', .. Int(1), (byte)'a']), (byte)'R'];
        byte[] bytes = [.. Global("_codecs", "encode"), .. Tuple(Text("ab"), Text("latin1")), (byte)'R'];
        byte[][] keys = [Text(string.Empty), Tuple(none), Tuple(Int(1), Text("a")), [(byte)'G', 0x3f, 0xf0, 0, 0, 0, 0, 0, 0], frozen, bytes, Vector("6", 1)];
        byte[] dict = [(byte)'}', (byte)'(', .. keys.SelectMany((key, i) => (byte[])[.. key, .. Vector($"{i}", 1)]), (byte)'u'];

        var archive = Enumerable.Range(0, keys.Length).Aggregate(
            ZipBytes.PyTorch([.. Proto(2), .. dict, (byte)'.']), (zip, i) => zip.Add($"archive/data/{i}", new byte[4]));
        using var file = MutatedFile.With(archive.Build());

        Assert.Equal(
            ["", "(None,)", "(1, 'a')", "1.0", "frozenset({1})", "b'ab'", "tensor#6"], file.Open().Tensors.Select(tensor => tensor.Key));
    }

    [Fact]
    public void ATensorThatIsAKeyIsListedWhenNothingElseShowsIt()
    {
        byte[] dict = [(byte)'}', (byte)'(', .. Vector("0", 1), .. Vector("1", 1), (byte)'u'];

        var tensors = Open([("d", dict)], 2).Tensors;

        Assert.Equal([("d.tensor#0", "1"), ("d.tensor#0#2", "0")], tensors.Select(tensor => (tensor.Key, tensor.StorageKey!)));
    }

    [Fact]
    public void AnEmptyKeyIsNotTheRoot()
    {
        Assert.Equal(["", ".b"], Open([("", Vector("0", 1)), ("", Dict(("b", Vector("1", 1))))], 2).Tensors.Select(tensor => tensor.Key));
    }

    [Theory]
    [InlineData("q", "k", "v", "qkv")]
    [InlineData("qkv", "q", "k", "v")]
    [InlineData("k", "qkv", "v", "q")]
    public void ElementsThatTensorsShareCountOnceInAnyOrder(params string[] order)
    {
        var views = new Dictionary<string, byte[]>
        {
            ["q"] = View(0, 100),
            ["k"] = View(100, 100),
            ["v"] = View(200, 100),
            ["qkv"] = View(0, 300),
        };
        using var file = MutatedFile.With(Archive([.. order.Select(name => (name, views[name]))], ("0", new byte[1200])).Build());

        Assert.Equal(300, file.Open().GetSummary().ParameterCount);

        static byte[] View(long offset, long count) => Tensor(Storage("0", 300), offset, [count], [1]);
    }

    private static byte[] Wrapped(string type, byte[] state) =>
    [
        .. Global("torch._tensor", "_rebuild_from_type_v2"),
        .. Tuple(
            Ascii(Wrapper),
            Global("my", "Quantized"),
            Tuple(Global("my", "Quantized"), Global("torch", type), Ints(2, 3), Ints(3, 1), Int(0), Global("torch", "strided"), Text("cpu"), [0x89]),
            state),
        (byte)'R',
    ];

    private static Checkpoint Open((string Key, byte[] Value)[] items, int storages)
    {
        var archive = Archive(items, [.. Enumerable.Range(0, storages).Select(i => ($"{i}", new byte[4]))]);
        using var file = MutatedFile.With(archive.Build());
        var checkpoint = file.Open();
        var listed = checkpoint.Tensors.SelectMany(tensor => tensor.GetParts()).Select(part => part.StorageKey).ToHashSet();
        Assert.All(Enumerable.Range(0, storages), i => Assert.Contains($"{i}", listed));
        return checkpoint;
    }
}

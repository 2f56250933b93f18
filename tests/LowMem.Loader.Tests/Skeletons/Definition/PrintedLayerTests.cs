using System.Reflection;
using System.Text.Json;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons.Definition.Families;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Skeletons.Definition;

/// <summary>Every layer, made of the text PyTorch prints, against PyTorch's state dict and output.</summary>
public class PrintedLayerTests
{
    private static readonly JsonElement[] Cases = [.. JsonDocument.Parse(
        Definitions.Read("layers.json")).RootElement.EnumerateArray()];

    public static TheoryData<int, string> Layers =>
        [.. Cases.Select((layer, index) => new TheoryDataRow<int, string>(index, layer.GetProperty("text").GetString()!))];

    [Theory]
    [MemberData(nameof(Layers))]
    public void The_layer_has_PyTorchs_state_and_gives_its_output(int index, string text)
    {
        var expected = Cases[index];
        using var scope = NewDisposeScope();
        using var module = Definitions.Build(text);
        module.eval();
        var slots = ModuleTree.GetParameters(module);
        var state = expected.GetProperty("state").EnumerateObject().ToDictionary(entry => entry.Name, entry => Read(entry.Value));

        Assert.Equal(
            expected.GetProperty("state").EnumerateObject().Select(entry => Describe(entry.Name, state[entry.Name])),
            slots.Select(slot => Describe(slot.Key, slot.Tensor)));
        Assert.All(slots, slot => Assert.Equal("meta", slot.Device));
        if (!expected.TryGetProperty("outputs", out var outputs))
        {
            return;
        }

        foreach (var slot in slots)
        {
            ParameterBinder.Bind(slot, state[slot.Key]);
        }

        using var noGradient = no_grad();
        var inputs = expected.GetProperty("inputs").EnumerateArray().Select(Read).ToArray();
        var found = Run(module, inputs);
        var wanted = outputs.EnumerateArray().Select(Read).ToArray();
        Assert.Equal(wanted.Length, found.Length);
        foreach (var (value, result) in wanted.Zip(found))
        {
            Assert.Equal(value.shape, result.shape);
            Assert.True(result.allclose(value, rtol: 1e-4, atol: 1e-6), $"{Show(result)}\nis not\n{Show(value)}");
        }
    }

    [Fact]
    public void Every_layer_of_PyTorch_in_the_catalogue_has_a_case()
    {
        var tested = Cases.Select(layer => layer.GetProperty("text").GetString()!.Split('(')[0]).ToHashSet();

        // Classes that PyTorch 1.13 has not or does not print alone; each has a test of its own.
        tested.UnionWith(
        [
            "NonDynamicallyQuantizableLinear", "_LinearWithBias", "Conv1D", "FrozenBatchNorm2d", "FusedLayerNorm", "RMSNorm",
            "GELUActivation", "NewGELUActivation", "FastGELUActivation", "PytorchGELUTanh", "GELUTanh", "QuickGELUActivation",
            "QuickGELU", "SiLUActivation", "MishActivation", "LinearActivation", "ReLUSquaredActivation", "StochasticDepth",
            "DropPath", "ZeroPad1d", "ZeroPad3d", "CircularPad1d", "CircularPad2d", "CircularPad3d", "MaxUnpool1d", "MaxUnpool3d",
        ]);
        Assert.Empty(LayerCatalogue.Names.Except(tested));
    }

    [Theory]
    [InlineData("RMSNorm((2, 3), eps=None, elementwise_affine=True)", "weight [2,3]")]
    [InlineData("RMSNorm((4,), eps=1e-06, elementwise_affine=False)", "")]
    [InlineData("LlamaRMSNorm((4096,), eps=1e-05)", "weight [4096]")]
    [InlineData("FusedRMSNorm(torch.Size([512]), eps=1e-06, elementwise_affine=True)", "weight [512]")]
    [InlineData("FusedLayerNorm(torch.Size([8]), eps=1e-05, elementwise_affine=True)", "weight [8]; bias [8]")]
    [InlineData("Conv1D(nf=2304, nx=768)", "weight [768,2304]; bias [2304]")]
    [InlineData("FrozenBatchNorm2d(64, eps=1e-05)", "weight [64]; bias [64]; running_mean [64]; running_var [64]")]
    [InlineData("NonDynamicallyQuantizableLinear(in_features=3, out_features=2, bias=True)", "weight [2,3]; bias [2]")]
    [InlineData("_LinearWithBias(in_features=3, out_features=2, bias=True)", "weight [2,3]; bias [2]")]
    [InlineData("lora.Embedding(10, 3)", "weight [10,3]")]
    [InlineData("ParameterList(\n    (0): Parameter containing: [torch.cuda.HalfTensor of size 3x4 (GPU 0)]\n)", "0 [3,4]")]
    [InlineData("ParameterList((0): Parameter containing: [torch.float32 of size 2])", "0 [2]")]
    [InlineData("Sequential(\n  (0): None\n  (1): Tanh()\n)", "")]
    [InlineData("DropPath(drop_prob=0.1)", "")]
    [InlineData("DropPath(0.1)", "")]
    [InlineData("StochasticDepth(p=0.0, mode=row)", "")]
    [InlineData("MaxUnpool1d(kernel_size=(2,), stride=(2,), padding=(0,))", "")]
    [InlineData("MaxUnpool3d(kernel_size=(2, 2, 2), stride=(2, 2, 2), padding=(0, 0, 0))", "")]
    public void Classes_of_other_versions_and_libraries_have_their_tensors(string text, string expected)
    {
        using var module = Definitions.Build(text);

        Assert.Equal(
            expected,
            string.Join("; ", Definitions.Describe(module)));
    }

    [Theory]
    [InlineData("RMSNorm((2,), eps=1e-06)", new[] { 0.8485281f, -1.8101933f })]
    [InlineData("RMSNorm((2,), eps=None, elementwise_affine=True)", new[] { 0.8485281f, -1.8101933f })]
    [InlineData("GemmaRMSNorm((2,), eps=1e-06)", new[] { 1.6970562f, -2.9415638f })]
    [InlineData("NewGELUActivation()", new[] { 2.9963627f, -0.00007f })]
    [InlineData("FastGELUActivation()", new[] { 2.9963627f, -0.00007f })]
    [InlineData("PytorchGELUTanh()", new[] { 2.9963627f, -0.00007f })]
    [InlineData("GELUTanh()", new[] { 2.9963627f, -0.00007f })]
    [InlineData("GELUActivation()", new[] { 2.99595f, -0.00012668f })]
    [InlineData("QuickGELUActivation()", new[] { 2.9819288f, -0.0044126f })]
    [InlineData("QuickGELU()", new[] { 2.9819288f, -0.0044126f })]
    [InlineData("SiLUActivation()", new[] { 2.8577223f, -0.0719448f })]
    [InlineData("MishActivation()", new[] { 2.9865f, -0.072593f })]
    [InlineData("LinearActivation()", new[] { 3f, -4f })]
    [InlineData("ReLUSquaredActivation()", new[] { 9f, 0f })]
    [InlineData("Softmax(dim=None)", new[] { 0.999089f, 0.000911f })]
    [InlineData("ZeroPad1d((1, 0))", new[] { 0f, 3f, -4f })]
    [InlineData("CircularPad1d((1, 0))", new[] { -4f, 3f, -4f })]
    [InlineData("Conv1D(nf=1, nx=2)", new[] { -1.8f })]
    public void Functions_of_other_libraries_are_computed(string text, float[] expected)
    {
        using var scope = NewDisposeScope();
        using var module = (nn.Module<Tensor, Tensor>)Definitions.Build(text);

        // 3, -4; weights 1, 1.6 and biases 1.6
        var input = tensor(new[] { 3f, -4f }, device: CPU);
        foreach (var slot in ModuleTree.GetParameters(module))
        {
            ParameterBinder.Bind(slot, slot.Name == "bias" ? tensor(new[] { 1.6f }, device: CPU) : tensor(new[] { 1f, 1.6f }, device: CPU).reshape(slot.Shape));
        }

        var isPadding = text.Contains("Pad", StringComparison.Ordinal);
        var output = module.call(isPadding ? input.reshape(1, 1, 2) : input);
        Assert.True(
            output.flatten().allclose(tensor(expected, device: CPU), rtol: 1e-4, atol: 1e-5), Show(output));
    }

    [Fact]
    public void A_frozen_batch_norm_computes_what_the_batch_norm_does()
    {
        using var scope = NewDisposeScope();
        using var frozen = (nn.Module<Tensor, Tensor>)Definitions.Build("FrozenBatchNorm2d(2, eps=1e-05)");
        using var usual = nn.BatchNorm2d(2, device: CPU);
        manual_seed(3);
        var values = new[] { "weight", "bias", "running_mean", "running_var" }.ToDictionary(name => name, _ => rand([2], device: CPU) + 0.1);
        foreach (var slot in ModuleTree.GetParameters(frozen).Concat(ModuleTree.GetParameters(usual)).Where(slot => values.ContainsKey(slot.Name)))
        {
            ParameterBinder.Bind(slot, values[slot.Name]);
        }

        usual.eval();
        var input = rand([1, 2, 3, 3], device: CPU);
        Assert.True(frozen.call(input).allclose(usual.call(input), atol: 1e-6));
    }

    [Theory]
    [InlineData("Embedding(5, 3, padding_idx=1)", ScalarType.Float32)]
    [InlineData("Embedding(5, 3, padding_idx=1)", ScalarType.Float16)]
    [InlineData("EmbeddingBag(5, 3, mode=sum)", ScalarType.Float32)]
    public void A_table_that_got_its_size_on_meta_is_bound_moved_and_trained_like_any(string text, ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var module = Definitions.Build(text);
        var value = (arange(15, dtype: ScalarType.Float32, device: CPU).reshape(5, 3) / 8).to(type);
        var input = tensor(new[] { 4L, 0L }, device: CPU).reshape(1, 2);
        for (var round = 0; round < 2; round++)
        {
            var slot = Assert.Single(ModuleTree.GetParameters(module));
            Assert.Equal(("meta", true), (slot.Device, slot.RequiresGrad));
            ParameterBinder.Bind(slot, value, requiresGrad: true);
            var output = Run(module, [input])[0];
            Assert.Equal(type, output.dtype);

            // Row 4 begins with 12 / 8, row 0 with 0: the first of the embedding, the sum of the bag.
            Assert.Equal(1.5f, output.flatten()[0].to(ScalarType.Float32).item<float>());

            output.sum().backward();
            Assert.Equal([1f, 0f, 0f, 0f, 1f], module.parameters().Single().grad!.to(ScalarType.Float32)[TensorIndex.Colon, 0].data<float>().ToArray());
            LowMem.Loader.Meta.MetaMover.Move(module);
        }
    }

    [Fact]
    public void Half_precision_is_normalized_in_single()
    {
        using var scope = NewDisposeScope();
        using var module = (nn.Module<Tensor, Tensor>)Definitions.Build("RMSNorm((2,), eps=1e-06, elementwise_affine=False)");
        var output = module.call(tensor(new[] { 30_000f, -40_000f }, device: CPU).to(ScalarType.Float16));

        Assert.Equal(ScalarType.Float16, output.dtype);
        Assert.True(output.to(ScalarType.Float32).allclose(tensor(new[] { 0.8485f, -1.1314f }, device: CPU), atol: 1e-3), Show(output));
    }

    private static Tensor[] Run(nn.Module module, Tensor[] inputs)
    {
        // Layers take one tensor, or two, or a sequence and a state that may be left out.
        var result = module switch
        {
            nn.Module<Tensor, Tensor> one => one.call(inputs[0]),
            TorchSharp.Modules.EmbeddingBag bag => bag.call(inputs[0]),
            _ => module.GetType().GetMethod(
                "forward", BindingFlags.Public | BindingFlags.Instance, [.. inputs.Select(_ => typeof(Tensor))])!.Invoke(module, inputs)!,
        };
        return result switch
        {
            Tensor tensor => [tensor],
            System.Runtime.CompilerServices.ITuple tuple => [.. Enumerable.Range(0, tuple.Length).Select(i => (Tensor)tuple[i]!)],
            _ => throw new InvalidOperationException($"{result.GetType()}"),
        };
    }

    private static string Show(Tensor values) => string.Join(' ', values.to(ScalarType.Float64).flatten().data<double>());

    private static Tensor Read(JsonElement value)
    {
        var shape = value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()).ToArray();
        var numbers = value.GetProperty("values").EnumerateArray().Select(number => number.GetDouble()).ToArray();
        var type = ScalarTypes.Find(value.GetProperty("dtype").GetString()!)!.Value;
        return tensor(numbers, dtype: ScalarType.Float64, device: CPU).reshape(shape).to(type);
    }

    private static string Describe(string key, Tensor tensor) => $"{key} {tensor.dtype} [{string.Join(',', tensor.shape)}]";
}

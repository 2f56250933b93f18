using System.Text.Json;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Skeletons.Definition;

/// <summary>The printed text of real architectures against the state dicts that PyTorch has for them.</summary>
public class PrintedModelTests
{
    [Theory]
    [InlineData("boring", 272)]
    [InlineData("resnet18", 11_689_512)]
    [InlineData("gpt2", 163_037_184)]
    [InlineData("bert-base", 109_482_240)]
    [InlineData("tinyllama", 1_100_048_384)]
    [InlineData("transformer", 11_200)]
    public void Keys_shapes_and_counts_are_those_of_PyTorch(string name, long published)
    {
        using var expected = JsonDocument.Parse(Definitions.Read($"{name}.json"));
        using var module = Definitions.Build(Definitions.Read($"{name}.txt"));
        var entries = ModuleTree.GetParameters(module);

        Assert.Equal(
            expected.RootElement.GetProperty("keys").EnumerateObject()
                .Select(entry => $"{entry.Name} [{string.Join(',', entry.Value.EnumerateArray())}]"),
            Definitions.Describe(module));
        Assert.All(entries, entry => Assert.Equal("meta", entry.Device));
        Assert.Equal(published, Definitions.CountParameters(module));
        Assert.Equal(published, expected.RootElement.GetProperty("untied").GetInt64());
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("bert-base")]
    [InlineData("tinyllama")]
    [InlineData("transformer")]
    public void Repeats_make_the_same_modules_as_the_long_text(string name)
    {
        Assert.Contains(" x ", Definitions.Read($"{name}-folded.txt"), StringComparison.Ordinal);
        using var module = Definitions.Build(Definitions.Read($"{name}.txt"));
        using var folded = Definitions.Build(Definitions.Read($"{name}-folded.txt"));

        Assert.Equal(Definitions.Describe(module), Definitions.Describe(folded));
        Assert.All(ModuleTree.GetParameters(folded), entry => Assert.Null(entry.TiedTo));
        Assert.Equal(Paths(module), Paths(folded));

        static IEnumerable<string> Paths(nn.Module root) =>
            ModuleTree.Walk(root).Select(entry => $"{entry.Path} {entry.Module.GetType().Name} {entry.Module.GetName()}");
    }

    [Fact]
    public void Every_repetition_is_a_module_of_its_own()
    {
        using var module = Definitions.Build("ModuleList(\n  (3-5): 3 x Sequential(\n    (0): Tanh()\n  )\n)");

        Assert.Equal(["", "3", "3.0", "4", "4.0", "5", "5.0"], ModuleTree.Walk(module).Select(entry => entry.Path));
        Assert.Equal(7, ModuleTree.Walk(module).Select(entry => entry.Module).Distinct().Count());
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData(" ")]
    public void Line_ends_and_indentation_do_not_matter(string lineEnd)
    {
        var text = string.Join(lineEnd, Definitions.Read("gpt2-folded.txt").Split('\n').Select(line => line.Trim()));
        using var module = Definitions.Build('\uFEFF' + text);
        using var whole = Definitions.Build(Definitions.Read("gpt2.txt"));

        Assert.Equal(Definitions.Describe(whole), Definitions.Describe(module));
    }

    [Fact]
    public void A_container_knows_its_class_and_runs_its_children_in_order_when_that_is_said()
    {
        using var module = Definitions.Build(Definitions.Read("boring.txt"), isSequence: name => name == "BoringModel");
        manual_seed(1);
        foreach (var slot in ModuleTree.GetParameters(module))
        {
            using var value = rand(slot.Shape, device: CPU);
            ParameterBinder.Bind(slot, value);
        }

        using var input = rand([1, 2], device: CPU);
        using var output = ((nn.Module<Tensor, Tensor>)module).call(input);
        Assert.Equal("BoringModel", module.GetName());
        Assert.Equal([1L, 2L], output.shape);
    }

    [Fact]
    public void A_class_that_is_only_a_name_does_not_run_as_if_it_did_nothing()
    {
        using var module = (ModuleContainer)Definitions.Build("Net(\n  (a): Tanh()\n  (b): Whiten()\n)");
        using var input = zeros([1], device: CPU);

        var error = Assert.Throws<ModelException>(() => module.call(input));
        Assert.Equal("ModuleUnsupported", error.ErrorId);
        Assert.Contains("'Whiten'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_attention_has_tensors_and_no_forward()
    {
        using var module = Definitions.Build(Definitions.Read("transformer.txt"));
        using var input = zeros([1, 1, 16], device: CPU);

        var layer = (ModuleContainer)((ModuleContainer)((ModuleContainer)((ModuleContainer)module)["encoder"])["layers"])["0"];
        var error = Assert.Throws<ModelException>(() => layer.call(input));
        Assert.Equal("ModuleUnsupported", error.ErrorId);
        Assert.Contains("does not print how many heads an attention has", error.Message, StringComparison.Ordinal);
        Assert.Contains("[TorchSharp.torch+nn]::MultiheadAttention(16, <heads>)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AdaptiveMaxPool3d(output_size=(2, 2, 2))", "TorchSharp computes this layer in one dimension only")]
    [InlineData("AdaptiveAvgPool2d(output_size=(None, 7))", "an output_size of None keeps that of the input")]
    public void A_pooling_that_cannot_run_says_why_and_what_to_do(string text, string reason)
    {
        using var module = (ModuleContainer)Definitions.Build($"Net(\n  (a): Tanh()\n  (b): {text}\n)");
        using var input = zeros([1], device: CPU);

        var error = Assert.Throws<ModelException>(() => module.call(input));
        Assert.Equal("ModuleUnsupported", error.ErrorId);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains("call the modules before and after it yourself", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_known_layer_with_modules_inside_keeps_its_own_tensors()
    {
        using var module = Definitions.Build(
            "Linear(\n  in_features=4, out_features=2, bias=True\n  (lora_A): Linear(in_features=4, out_features=1, bias=False)\n)");

        Assert.Equal(["weight [2,4]", "bias [2]", "lora_A.weight [1,4]"], Definitions.Describe(module));
    }
}

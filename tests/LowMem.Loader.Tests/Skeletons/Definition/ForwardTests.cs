using System.Text.Json;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Skeletons.Definition;

/// <summary>What of a printed model runs: only what is known to be a sequence. PyTorch gave the numbers (samples/make_residual.py).</summary>
public class ForwardTests
{
    private static readonly JsonElement Expected =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(TestFiles.Samples, "residual.expected.json"))).RootElement;

    [Fact]
    public void A_residual_network_does_not_run_as_if_it_were_a_sequence()
    {
        using var module = Load(isSequence: null);
        using var input = Values("input");

        var error = Assert.Throws<ModelException>(() => module.call(input));
        Assert.Equal("ModuleUnsupported", error.ErrorId);
        Assert.StartsWith("The forward pass of 'ResidualModel', 'Block' is not known: print(model) shows the modules of a class", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Contains("New-ModelSkeleton -AssumeSequential 'ResidualModel', 'Block'", error.Message, StringComparison.Ordinal);
        Assert.Contains("write the class in C#", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_user_says_is_a_sequence_runs_as_one()
    {
        using var module = Load(name => name is "ResidualModel" or "Block");
        using var input = Values("input");
        using var output = module.call(input);

        Assert.Equal(Numbers("in_order"), output.data<float>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.DoesNotContain(true, Numbers("in_order").Zip(Numbers("output"), (a, b) => Math.Abs(a - b) < 1e-2));
    }

    [Fact]
    public void One_class_that_is_left_out_keeps_all_of_it_from_running()
    {
        using var module = Load(name => name == "ResidualModel");
        using var input = Values("input");

        var error = Assert.Throws<ModelException>(() => module.call(input));
        Assert.Contains("The forward pass of 'Block' is not known", error.Message, StringComparison.Ordinal);
        Assert.Contains("-AssumeSequential 'Block'.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ModuleList(\n  (0): Tanh()\n)", "A 'ModuleList' only holds modules")]
    [InlineData("ModuleDict(\n  (a): Tanh()\n)", "A 'ModuleDict' only holds modules")]
    [InlineData("Sequential(\n  kind=2\n  (0): Tanh()\n)", "The forward pass of 'Sequential' is not known")]
    [InlineData("mine.Sequential(\n  (0): Tanh()\n)", "The forward pass of 'mine.Sequential' is not known")]
    [InlineData("Sequential(\n  (0): Sequential(\n    (0): Tanh()\n    (1): Residual(\n      (fn): Tanh()\n    )\n  )\n)", "'Residual' is not known")]
    [InlineData("TransformerEncoderLayer(\n  (norm1): LayerNorm((2,))\n)", "The forward pass of 'TransformerEncoderLayer' is code of PyTorch")]
    [InlineData("Linear(\n  in_features=1, out_features=1, bias=True\n  (lora): Linear(in_features=1, out_features=1)\n)", "holds weight, bias, but not the code")]
    public void Whatever_else_has_modules_does_not_run(string text, string part)
    {
        using var module = (nn.Module<Tensor, Tensor>)Definitions.Build(text);
        using var input = zeros([2], device: CPU);

        var error = Assert.Throws<ModelException>(() => module.call(input));
        Assert.Equal("ModuleUnsupported", error.ErrorId);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Sequential(\n  (0): Tanh()\n)", true)]
    [InlineData("Sequential()", true)]
    [InlineData("ModuleList(\n  (0): Tanh()\n)", true)]
    [InlineData("mine.Block(\n  (0): Tanh()\n)", true)]
    [InlineData("TransformerEncoderLayer(\n  (norm1): Tanh()\n)", false)]
    [InlineData("Net(\n  (0): Whiten()\n)", false)]
    public void Saying_that_all_are_sequences_helps_where_that_can_be(string text, bool runs)
    {
        using var module = (nn.Module<Tensor, Tensor>)Definitions.Build(text, isSequence: _ => true);
        using var input = zeros([1], device: CPU);

        Assert.Equal(runs, Record.Exception(() => module.call(input).Dispose()) is null);
    }

    [Fact]
    public void Classes_are_asked_for_by_their_name_with_and_without_the_python_module()
    {
        var asked = new List<string>();
        using var module = Definitions.Build("Net(\n  (a): lora.Block(\n    (0): Tanh()\n  )\n  (b): Leaf()\n)", isSequence: name =>
        {
            asked.Add(name);
            return false;
        });

        Assert.Equal(["Net", "lora.Block", "Block"], asked);
    }

    [Fact]
    public void A_module_without_values_names_them_and_a_shape_can_still_be_worked_out()
    {
        const string text = "Sequential(\n  (0): Linear(in_features=2, out_features=3, bias=True)\n  (1): Sequential(\n    (0): BatchNorm1d(3)\n  )\n)";
        using var module = (ModuleContainer)Definitions.Build(text);
        using var input = zeros([4, 2], device: CPU);

        var error = Assert.Throws<ModelException>(() => module.call(input));
        Assert.Equal("ModuleValuesMissing", error.ErrorId);
        Assert.Contains("it has no values for 0.weight, 0.bias, 1.0.weight, 1.0.bias, 1.0.running_mean", error.Message, StringComparison.Ordinal);
        Assert.Contains("-InitializeMissing", error.Message, StringComparison.Ordinal);

        using var shape = zeros([4, 2], device: META);
        using var linear = (ModuleContainer)Definitions.Build("Sequential(\n  (0): Linear(in_features=2, out_features=3, bias=True)\n)");
        using var output = linear.call(shape);
        Assert.Equal([4L, 3L], output.shape);
    }

    [Theory]
    [InlineData("Conv1D(nf=3, nx=2)")]
    [InlineData("RMSNorm((2,), eps=1e-05)")]
    public void A_layer_of_its_own_says_so_too(string text)
    {
        using var module = (nn.Module<Tensor, Tensor>)Definitions.Build(text);
        using var input = zeros([4, 2], device: CPU);

        Assert.Equal("ModuleValuesMissing", Assert.Throws<ModelException>(() => module.call(input)).ErrorId);
    }

    [Fact]
    public void A_container_that_contains_itself_has_no_forward_pass_and_does_not_end_the_process()
    {
        var inner = new ModuleContainer();
        var outer = new ModuleContainer();
        outer.Add("inner", inner);
        inner.Add("outer", outer);
        using var input = zeros([1], device: CPU);

        var error = Assert.Throws<ModelException>(() => outer.call(input));
        Assert.Equal("ModuleInvalid", error.ErrorId);
        Assert.Contains("'inner.outer' contains itself", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_module_may_stand_in_two_places()
    {
        using var shared = new ModuleContainer();
        using var tanh = nn.Tanh();
        shared.Add("tanh", tanh);
        using var module = new ModuleContainer();
        module.Add("first", shared);
        module.Add("second", shared);
        using var input = ones([1], device: CPU);
        using var output = module.call(input);

        Assert.Equal(Math.Tanh(Math.Tanh(1)), output.item<float>(), 1e-6);
    }

    [Fact]
    public void A_container_that_failed_is_looked_at_anew()
    {
        using var module = (ModuleContainer)Definitions.Build("Sequential(\n  (0): Linear(in_features=1, out_features=1, bias=False)\n)");
        using var input = ones([1], device: CPU);
        Assert.Throws<ModelException>(() => module.call(input));
        Assert.Throws<ModelException>(() => module.call(input));

        using var two = full([1, 1], 2f, device: CPU);
        ParameterBinder.Bind(ModuleTree.GetParameters(module)[0], two);
        using var output = module.call(input);
        Assert.Equal(2f, output.item<float>());

        LowMem.Loader.Meta.MetaMover.Move(module);
        Assert.Equal("ModuleValuesMissing", Assert.Throws<ModelException>(() => module.call(input)).ErrorId);

        module.Dispose();
        var disposed = Assert.Throws<ModelException>(() => module.call(input));
        Assert.Equal("ModuleInvalid", disposed.ErrorId);
        Assert.Contains("'0.weight' has been disposed of", disposed.Message, StringComparison.Ordinal);
    }

    private static ModuleContainer Load(Func<string, bool>? isSequence)
    {
        var module = (ModuleContainer)Definitions.Build(Expected.GetProperty("print").GetString()!, isSequence: isSequence);
        var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Samples, "residual.pt"), TestContext.Current.CancellationToken);
        ModelLoader.Load(module, checkpoint, cancellationToken: TestContext.Current.CancellationToken);
        return module;
    }

    private static Tensor Values(string name) => tensor(Numbers(name), device: CPU).reshape(-1, 2);

    private static float[] Numbers(string name) =>
        [.. Expected.GetProperty(name).EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(number => number.GetSingle())];
}

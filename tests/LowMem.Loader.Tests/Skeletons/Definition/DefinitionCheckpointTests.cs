using LowMem.Checkpoints;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Skeletons.Definition;

/// <summary>What a checkpoint adds to a printed model.</summary>
public class DefinitionCheckpointTests
{
    private const string Printed = "ViT(\n  (conv): Linear(in_features=2, out_features=3, bias=True)\n  (encoder): Encoder(\n    (ln): LayerNorm((3,), eps=1e-06, elementwise_affine=True)\n  )\n)";

    [Fact]
    public void Tensors_that_no_child_owns_go_to_their_container()
    {
        using var module = Definitions.Build(Printed, Checkpoint(
            Tensor("class_token", "bfloat16", 1, 1, 3),
            Tensor("conv.weight", "float32", 3, 2),
            Tensor("conv.bias", "float32", 3),
            Tensor("conv.scale", "float32", 3),
            Tensor("encoder.mask", "bool", 4),
            Tensor("encoder.ln.weight", "float32", 3),
            Tensor("encoder.ln.bias", "float32", 3),
            Tensor("elsewhere.weight", "float32", 3)));

        Assert.Equal(
            ["class_token [1,1,3]", "conv.weight [3,2]", "conv.bias [3]", "encoder.mask [4]", "encoder.ln.weight [3]", "encoder.ln.bias [3]"],
            Definitions.Describe(module));
        var entries = ModuleTree.GetParameters(module).ToDictionary(entry => entry.Key);
        Assert.Equal(("bfloat16", false, "meta"), (entries["class_token"].DType, entries["class_token"].IsBuffer, entries["class_token"].Device));
        Assert.Equal(("bool", true), (entries["encoder.mask"].DType, entries["encoder.mask"].IsBuffer));
    }

    [Fact]
    public void A_layer_norm_without_bias_shows_in_the_checkpoint()
    {
        using var module = Definitions.Build(Printed, Checkpoint(Tensor("encoder.ln.weight", "float32", 3)));

        Assert.Contains("encoder.ln.weight [3]", Definitions.Describe(module));
        Assert.DoesNotContain("encoder.ln.bias [3]", Definitions.Describe(module));
    }

    [Fact]
    public void Attention_with_other_keys_and_values_shows_in_the_checkpoint()
    {
        const string text = "Net(\n  (a): MultiheadAttention(\n    (out_proj): NonDynamicallyQuantizableLinear(in_features=4, out_features=4, bias=True)\n  )\n)";
        using var module = Definitions.Build(text, Checkpoint(
            Tensor("a.q_proj_weight", "float32", 4, 4),
            Tensor("a.k_proj_weight", "float32", 4, 3),
            Tensor("a.v_proj_weight", "float32", 4, 2),
            Tensor("a.in_proj_bias", "float32", 12),
            Tensor("a.bias_k", "float32", 1, 1, 4),
            Tensor("a.bias_v", "float32", 1, 1, 4),
            Tensor("a.out_proj.weight", "float32", 4, 4),
            Tensor("a.out_proj.bias", "float32", 4)));

        Assert.Equal(
            [
                "a.q_proj_weight [4,4]", "a.k_proj_weight [4,3]", "a.v_proj_weight [4,2]", "a.in_proj_bias [12]",
                "a.bias_k [1,1,4]", "a.bias_v [1,1,4]", "a.out_proj.weight [4,4]", "a.out_proj.bias [4]",
            ],
            Definitions.Describe(module));
    }

    [Fact]
    public void Sizes_that_are_not_printed_and_classes_that_are_not_known_come_from_the_checkpoint()
    {
        const string text = "Net(\n  (a): Conv1D()\n  (b): T5LayerNorm()\n  (c): Int8Linear(in_features=2, out_features=3)\n  (d): LayerNorm()\n)";
        using var module = Definitions.Build(text, Checkpoint(
            Tensor("a.weight", "float32", 4, 12),
            Tensor("a.bias", "float32", 12),
            Tensor("b.weight", "float16", 6),
            Tensor("c.weight", "int8", 3, 2),
            Tensor("c.scale", "float32", 3),
            Tensor("d.weight", "float32", 7)));

        Assert.Equal(
            ["a.weight [4,12]", "a.bias [12]", "b.weight [6]", "c.scale [3]", "c.weight [3,2]", "d.weight [7]"],
            Definitions.Describe(module));
    }

    [Fact]
    public void The_prefix_is_found_or_given()
    {
        var checkpoint = Checkpoint(Tensor("model_state_dict.module.pos", "float32", 5), Tensor("optimizer.lr", "float32", 1));
        using var found = Definitions.Build("Net(\n)", checkpoint);
        using var given = Definitions.Build("Net(\n)", checkpoint, "model_state_dict.module");
        using var other = Definitions.Build("Net(\n)", checkpoint, "optimizer");

        Assert.Equal(["pos [5]"], Definitions.Describe(found));
        Assert.Equal(["pos [5]"], Definitions.Describe(given));
        Assert.Equal(["lr [1]"], Definitions.Describe(other));
    }

    [Theory]
    // As DataParallel prints itself and saves its keys.
    [InlineData("DataParallel(\n  (module): Linear(in_features=2, out_features=2, bias=False)\n)", "module.weight", "module.weight")]
    [InlineData("DataParallel(\n  (module): Linear(in_features=2, out_features=2, bias=False)\n)", "state_dict.module.weight", "module.weight")]
    // A name that could be a module of the model.
    [InlineData("Net(\n  (a): Linear(in_features=2, out_features=2, bias=False)\n)", "model.a.weight", "a.weight")]
    [InlineData("Net(\n  (a): Linear(in_features=2, out_features=2, bias=False)\n)", "module.a.weight", "a.weight")]
    // The usual prefix wins while something of the model is behind it.
    [InlineData("Net(\n  (module): Linear(in_features=2, out_features=2, bias=False)\n)", "module.module.weight", "module.weight")]
    public void The_prefix_is_found_by_the_children_of_the_text(string text, string key, string expected)
    {
        using var module = Definitions.Build(text, Checkpoint(Tensor(key, "float32", 2, 2)));

        Assert.Equal([$"{expected} [2,2]"], Definitions.Describe(module));
    }

    [Fact]
    public void GPT2_is_tied_when_its_checkpoint_is()
    {
        var text = Definitions.Read("gpt2.txt");
        using var untied = Definitions.Build(text);
        var tensors = ModuleTree.GetParameters(untied).Select(entry => Tensor(entry.Key, "float16", entry.Shape) with
        {
            StorageKey = entry.Key == "lm_head.weight" ? "transformer.wte.weight" : entry.Key,
        });
        using var module = Definitions.Build(text, Checkpoint([.. tensors]));

        Assert.Equal(124_439_808, Definitions.CountParameters(module));
        Assert.Equal("transformer.wte.weight", ModuleTree.GetParameters(module).Single(entry => entry.Key == "lm_head.weight").TiedTo);
        Assert.All(ModuleTree.GetParameters(module), entry => Assert.Equal(("float32", "meta"), (entry.DType, entry.Device)));
    }

    [Fact]
    public void A_tie_takes_one_value_for_both_and_the_embedding_runs_with_it()
    {
        const string text = "Net(\n  (a): Embedding(3, 2)\n  (b): Linear(in_features=2, out_features=3, bias=False)\n)";
        using var scope = NewDisposeScope();
        using var module = (ModuleContainer)Definitions.Build(text, Checkpoint(
            Tensor("a.weight", "float32", 3, 2) with { StorageKey = "0" }, Tensor("b.weight", "float32", 3, 2) with { StorageKey = "0" }), isSequence: _ => true);
        var value = tensor(new float[] { 1, 2, 3, 4, 5, 6 }, device: CPU).reshape(3, 2);
        ParameterBinder.Bind(ModuleTree.GetParameters(module)[0], value);

        var output = module.call(tensor(new[] { 1L }, device: CPU));
        Assert.Equal([11f, 25f, 39f], output.data<float>().ToArray());
    }

    public static TheoryData<string, TensorInfo[], string> Mistakes => new()
    {
        { Printed, [Tensor("transformer.x", "float32", 1)], "none of the keys is one of the model that the text describes, such as 'conv.weight'; the checkpoint has 'transformer.x'" },
        { Printed, [], "the checkpoint has no tensors" },
        { "Net(\n)", [Tensor("s", "float32", 1) with { Layout = "sparse_coo" }], "a module cannot hold 's': its layout is sparse_coo, not dense" },
        { "Conv1D()", [Tensor("bias", "float32", 1)], "there is no 'weight' for it in the checkpoint" },
        { "Conv1D()", [Tensor("weight", "float32", 1)], "the weight of a Conv1D has two dimensions" },
    };

    [Theory]
    [MemberData(nameof(Mistakes), DisableDiscoveryEnumeration = true)]
    public void A_checkpoint_that_does_not_fit_is_named(string text, TensorInfo[] tensors, string part)
    {
        var error = Assert.Throws<ModelException>(() => Definitions.Build(text, Checkpoint(tensors)));

        Assert.Equal("SkeletonInvalid", error.ErrorId);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private static Checkpoint Checkpoint(params TensorInfo[] tensors) => SyntheticCheckpoint.Create(tensors);

    private static TensorInfo Tensor(string key, string dtype, params long[] shape) => SyntheticCheckpoint.CreateTensor(key, dtype, shape);
}

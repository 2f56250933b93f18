using LowMem.Checkpoints;
using LowMem.Loader.Import.Keys;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons;
using LowMem.Loader.Skeletons.Containers;
using LowMem.Loader.Tests.Modules;

namespace LowMem.Loader.Tests.Skeletons;

public class FromCheckpointTests
{
    [Fact]
    public void The_tree_has_the_names_shapes_and_dtypes_of_the_checkpoint()
    {
        using var module = Build(Checkpoint(
            Tensor("conv.weight", "bfloat16", 8, 3, 3, 3),
            Tensor("norm.running_mean", "float32", 8),
            Tensor("norm.running_var", "float32", 8),
            Tensor("norm.num_batches_tracked", "int64"),
            Tensor("mask", "bool", 4),
            Tensor("phase", "complex64", 2),
            Tensor("empty.weight", "float32", 0, 5)));

        Assert.Equal(
            [
                "phase P complex64 [2]", "mask B bool [4]",
                "conv.weight P bfloat16 [8,3,3,3]",
                "norm.running_mean B float32 [8]", "norm.running_var B float32 [8]", "norm.num_batches_tracked B int64 []",
                "empty.weight P float32 [0,5]",
            ],
            ModuleTree.GetParameters(module).Select(slot =>
                $"{slot.Key} {(slot.IsBuffer ? 'B' : 'P')} {slot.DType} [{string.Join(',', slot.Shape)}]"));
        Assert.All(ModuleTree.GetParameters(module), slot => Assert.Equal(("meta", !slot.IsBuffer), (slot.Device, slot.RequiresGrad)));
    }

    [Theory]
    [MemberData(nameof(ScalarTypesTests.Dense), MemberType = typeof(ScalarTypesTests))]
    public void Every_dense_type_has_a_place(string dtype)
    {
        using var module = Build(Checkpoint(Tensor("a.x", dtype, 2)));

        var slot = Assert.Single(ModuleTree.GetParameters(module));
        Assert.Equal((dtype, "meta"), (slot.DType, slot.Device));
    }

    [Fact]
    public void One_tensor_under_two_keys_is_tied_and_a_view_of_another_shape_is_not()
    {
        using var module = Build(Checkpoint(
            Tensor("embed.weight", "float32", 4, 2) with { StorageKey = "0" },
            Tensor("head.weight", "float32", 4, 2) with { StorageKey = "0" },
            Tensor("view.weight", "float32", 8) with { StorageKey = "0" }));

        Assert.Equal([null, "embed.weight", null], ModuleTree.GetParameters(module).Select(slot => slot.TiedTo));
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("...")]
    [InlineData("a. .b")]
    public void Odd_keys_come_back_as_they_are(string key)
    {
        using var module = Build(Checkpoint(Tensor(key, "float32", 1), Tensor("a", "float32", 1)), prefix: "");

        Assert.Equal(new[] { "a", key }.Order(), ModuleTree.GetParameters(module).Select(slot => slot.Key).Order());
    }

    public static TheoryData<string[], string> Prefixes => new()
    {
        { ["a.weight", "b.weight"], "" },
        { ["model_state_dict.a.weight", "model_state_dict.b", "optimizer_state_dict.state.0.exp_avg"], "model_state_dict." },
        { ["state_dict.module.a.weight", "state_dict.module.b.weight", "ema.x"], "state_dict.module." },
        { ["module.a", "module.b"], "module." },
        { ["_orig_mod.module.a"], "_orig_mod.module." },
        { ["_fsdp_wrapped_module.a", "_fsdp_wrapped_module.b"], "_fsdp_wrapped_module." },
        { ["n_averaged", "module.a", "module.b"], "module." },
        { ["n_averaged", "a"], "" },
        { ["module.a", "other.b"], "" },
        { ["model.a", "model.b"], "" },
        { ["model.a", "optimizer.state.0.exp_avg"], "model." },
        { ["model.module.a", "optimizer.0.state.0.exp_avg", "scaler.scale"], "model.module." },
        { ["net.a", "ema.a", "opt.state.11.momentum_buffer"], "net." },
        { ["model.a", "head.b", "optimizer.state.0.exp_avg"], "" },
        { ["model.a", "scheduler.betas", "scaler.mean"], "" },
        { ["model.a", "optim.state.a.exp_avg"], "model." },
        { ["model.a", "encoder.state.a"], "" },
        { ["state_dict.a", "state_dict_ema.a", "optimizer_states.0.state.0.exp_avg"], "state_dict." },
        { ["state_dict.model.a", "optimizer_states.0.state.0.exp_avg", "callbacks.best"], "state_dict." },
        { ["encoder.a", "optimizer.state.0.exp_avg", "mean"], "" },
        { ["optimizer.state.0.exp_avg"], "" },
        { [], "" },
    };

    [Theory]
    [MemberData(nameof(Prefixes))]
    public void The_sub_dictionary_of_the_weights_is_found(string[] keys, string prefix) =>
        Assert.Equal(prefix, StateDictPrefix.Find(keys));

    [Theory]
    [InlineData("epoch", new[] { "model.a", "model.b" }, "model.", new string[0])]
    [InlineData("optimizer.param_groups.0.lr", new[] { "network.a", "network_ema.a" }, "network.", new[] { "network_ema." })]
    [InlineData("epoch", new[] { "params.a", "params_x.a" }, "params.", new[] { "params_x." })]
    [InlineData("epoch", new[] { "generator.a", "discriminator.b" }, "", new string[0])]
    [InlineData("name", new[] { "model.a" }, "", new string[0])]
    [InlineData("epoch", new[] { "model.module.a", "optimizer.state.0.momentum_buffer" }, "model.module.", new string[0])]
    [InlineData("epoch", new[] { "netG_state_dict.a", "optimizer_state_dict.state.0.exp_avg" }, "netG_state_dict.", new string[0])]
    [InlineData("step", new[] { "generator.a", "optimizer.0.state.0.exp_avg" }, "generator.", new string[0])]
    [InlineData("epoch", new[] { "state_dict.a", "model.b" }, "state_dict.", new[] { "model." })]
    public void Values_that_lie_beside_show_that_it_is_a_training(string value, string[] keys, string prefix, string[] others)
    {
        var checkpoint = Checkpoint([.. keys.Select(key => Tensor(key, "float32", 1))]) with { Values = new Dictionary<string, object?> { [value] = 1L } };
        var choice = StateDictPrefix.Choose(checkpoint);
        Assert.Equal(prefix, choice.Prefix);
        Assert.Equal(others, choice.Others);
    }

    [Fact]
    public void Which_of_two_networks_is_meant_is_a_question()
    {
        var checkpoint = Checkpoint([.. new[] { "generator.a", "discriminator.b", "optimizer_g.state.0.exp_avg" }.Select(key => Tensor(key, "float32", 1))]);
        var error = Assert.Throws<ModelException>(() => Build(checkpoint));
        Assert.Equal(ModelErrorIds.Mismatch, error.ErrorId);
        Assert.Contains("could be the model: 'generator.', 'discriminator.'. Say which one is meant by giving the prefix", error.Message, StringComparison.Ordinal);
        using var module = Build(checkpoint, "generator");
        Assert.Equal(["a"], ModuleTree.GetParameters(module).Select(slot => slot.Key));
    }

    [Fact]
    public void The_state_of_an_optimizer_is_no_model()
    {
        var checkpoint = Checkpoint(Tensor("state.0.exp_avg", "float32", 1)) with { Values = new Dictionary<string, object?> { ["param_groups.0.lr"] = 0.1 } };
        var error = Assert.Throws<ModelException>(() => Build(checkpoint));
        Assert.Contains("this is the state of an optimizer and no model: its keys are such as 'state.0.exp_avg'", error.Message, StringComparison.Ordinal);
        using var module = Build(checkpoint, "");
        Assert.Equal(["state.0.exp_avg"], ModuleTree.GetParameters(module).Select(slot => slot.Key));
    }

    [Theory]
    [InlineData(null, new[] { "a.weight" })]
    [InlineData("optimizer", new[] { "state.0.exp_avg" })]
    [InlineData("model_state_dict.a.", new[] { "weight" })]
    [InlineData("", new[] { "model_state_dict.a.weight", "optimizer.state.0.exp_avg" })]
    public void A_prefix_is_left_out_of_the_keys(string? prefix, string[] keys)
    {
        var checkpoint = Checkpoint(Tensor("model_state_dict.a.weight", "float32", 1), Tensor("optimizer.state.0.exp_avg", "float32", 1));
        using var module = Build(checkpoint, prefix);

        Assert.Equal(keys, ModuleTree.GetParameters(module).Select(slot => slot.Key));
    }

    public static TheoryData<TensorInfo[], string?, string> Mistakes => new()
    {
        { [], null, "there are no tensors in it" },
        { [Tensor("a.weight", "float32", 1)], "ema", "no key of a tensor begins with 'ema.'. Keys begin with: a.." },
        { [Tensor("model.weight", "float32", 1), Tensor("ema.weight", "float32", 1)], "modle", "begins with 'modle.'. Did you mean 'model.'? Keys begin with: model., ema.." },
        { [Tensor("s", "float32", 1) with { Layout = "sparse_coo" }], null, "'s': its layout is sparse_coo, not dense" },
        { [Tensor("q", "float6_e2m3fn", 4)], null, "'q': libtorch has no element type float6_e2m3fn" },
        { [Tensor("q", "qint8", 4)], null, "'q': its element type qint8 is quantized" },
        { [Tensor(string.Concat(Enumerable.Repeat("a.", 100_000)) + "w", "float32", 1)], null, "its name is 100000 levels deep; at most 200 are taken" },
        { [Tensor("a", "float32", 1), Tensor("a", "float32", 1)], null, "the key 'a' is there twice" },
    };

    [Theory]
    [MemberData(nameof(Mistakes), DisableDiscoveryEnumeration = true)]
    public void What_no_module_can_hold_is_named(TensorInfo[] tensors, string? prefix, string part)
    {
        var error = Assert.Throws<ModelException>(() => Build(Checkpoint(tensors), prefix));

        Assert.Equal("SkeletonInvalid", error.ErrorId);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hundred_thousand_tensors_are_taken_and_can_be_interrupted()
    {
        var tensors = Enumerable.Range(0, 100_000)
            .Select(i => Tensor($"layers.{i / 100}.experts.{i / 10 % 10}.part{i % 10}.weight", "float16", 2, 2)).ToArray();
        using var module = Build(Checkpoint(tensors));
        var slots = ModuleTree.GetParameters(module);

        Assert.Equal(tensors.Select(tensor => tensor.Key), slots.Select(slot => slot.Key));

        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => SkeletonBuilder.FromCheckpoint(Checkpoint(tensors), null, cancelled.Token));
    }

    private static ModuleContainer Build(Checkpoint checkpoint, string? prefix = null) =>
        SkeletonBuilder.FromCheckpoint(checkpoint, prefix, TestContext.Current.CancellationToken);

    private static Checkpoint Checkpoint(params TensorInfo[] tensors) => SyntheticCheckpoint.Create(tensors);

    private static TensorInfo Tensor(string key, string dtype, params long[] shape) => SyntheticCheckpoint.CreateTensor(key, dtype, shape);
}

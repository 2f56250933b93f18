using LowMem.Checkpoints;
using LowMem.Loader.Import.Keys;

namespace LowMem.Loader.Tests.Import.Keys;

public class StateDictSelectorTests
{
    private static readonly (string Key, long[] Shape)[] Module = [("a.weight", [2, 3]), ("a.bias", [2]), ("b.weight", [4])];

    [Theory]
    [InlineData("")]
    [InlineData("model_state_dict.")]
    [InlineData("state_dict.")]
    [InlineData("module.")]
    [InlineData("state_dict.module.")]
    [InlineData("0.model.net.")]
    [InlineData("state_dict._orig_mod.")]
    [InlineData("_orig_mod.module.")]
    public void Finds_the_prefix_that_fits(string prefix)
    {
        var selection = Select(
            [.. Module.Select(entry => Tensor(prefix + entry.Key, entry.Shape)), Tensor("optimizer.state.0.exp_avg", [2, 3])]);

        Assert.Equal(Module.Select(entry => entry.Key), selection.Tensors.Keys.Where(key => !key.StartsWith("optimizer", StringComparison.Ordinal)));
        Assert.All(Module, entry => Assert.Equal(prefix + entry.Key, Assert.Single(selection.Tensors[entry.Key]).Key));
    }

    [Fact]
    public void Reads_past_the_names_that_wrappers_put_inside_keys()
    {
        var selection = Select(
            Tensor("model.a._orig_mod.weight", [2, 3]),
            Tensor("model.a._orig_mod.bias", [2]),
            Tensor("model.b._checkpoint_wrapped_module.weight", [4]));
        Assert.Equal("model.", selection.Prefix);
        Assert.Equal("model.a._orig_mod.weight", Assert.Single(selection.Tensors["a.weight"]).Key);
    }

    [Fact]
    public void Only_keys_under_the_prefix_are_selected()
    {
        var selection = Select(
            Tensor("model.a.weight", [2, 3]),
            Tensor("model.a.bias", [2]),
            Tensor("model.b.weight", [4]),
            Tensor("model.extra", [1]),
            Tensor("optimizer.state.0", [1]));
        Assert.Equal(["a.bias", "a.weight", "b.weight", "extra"], selection.Tensors.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Keys_with_nothing_in_front_win_over_a_copy()
    {
        var selection = Select([.. Module.Select(entry => Tensor(entry.Key, entry.Shape)), .. Module.Select(entry => Tensor("ema." + entry.Key, entry.Shape))]);
        Assert.Equal("", selection.Prefix);
    }

    [Fact]
    public void Two_prefixes_that_fit_are_a_question_for_the_caller()
    {
        var error = Assert.Throws<ModelException>(() => Select(
            [.. Module.Select(entry => Tensor("model." + entry.Key, entry.Shape)), .. Module.Select(entry => Tensor("ema." + entry.Key, entry.Shape))]));
        Assert.Equal(ModelErrorIds.Mismatch, error.ErrorId);
        Assert.Contains("'ema.', 'model.'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shapes_decide_between_two_prefixes()
    {
        var selection = Select(
            [.. Module.Select(entry => Tensor("small." + entry.Key, [1])), .. Module.Select(entry => Tensor("large." + entry.Key, entry.Shape))]);
        Assert.Equal("large.", selection.Prefix);
    }

    [Fact]
    public void The_best_prefix_is_taken_when_none_fits_so_that_what_is_missing_can_be_named()
    {
        var selection = Select(Tensor("x.a.weight", [2, 3]), Tensor("x.a.bias", [2]), Tensor("y.a.weight", [2, 3]));
        Assert.Equal("x.", selection.Prefix);
    }

    [Theory]
    [InlineData("ema")]
    [InlineData("ema.")]
    public void A_prefix_may_be_named(string prefix)
    {
        var selection = Selector(
            [.. Module.Select(entry => Tensor("model." + entry.Key, entry.Shape)), .. Module.Select(entry => Tensor("ema." + entry.Key, entry.Shape))])
            .Select(prefix);
        Assert.Equal("ema.", selection.Prefix);
        Assert.Equal("ema.a.bias", Assert.Single(selection.Tensors["a.bias"]).Key);
    }

    [Fact]
    public void A_named_prefix_that_no_key_has_is_an_error_that_names_those_there_are()
    {
        var error = Assert.Throws<ModelException>(() => Selector(Tensor("model.a", [1]), Tensor("ema.a", [1])).Select("modle"));
        Assert.Contains("'modle.'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'model.'? Keys begin with: model., ema.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_of_many_dots_costs_little()
    {
        var key = string.Concat(Enumerable.Repeat("a.", 500_000)) + "weight";
        Assert.Equal("", Select(Tensor(key, [2, 3])).Prefix);
    }

    private static StateDictSelection Select(params TensorInfo[] tensors) => Selector(tensors).Find(acceptPartial: false);

    private static StateDictSelector Selector(params TensorInfo[] tensors) => new(
        "file.pt",
        tensors,
        [.. Module.Select(entry => new TiedKeys([entry.Key], entry.Shape))]);

    private static TensorInfo Tensor(string key, long[] shape) => new()
    {
        Key = key,
        DType = "float32",
        Shape = shape,
        Stride = shape,
        ElementCount = 1,
        ByteLength = 4,
        Offset = 0,
        IsContiguous = true,
        Path = "file.pt",
        Checkpoint = "file.pt",
        Format = CheckpointFormats.PyTorchZip,
    };
}

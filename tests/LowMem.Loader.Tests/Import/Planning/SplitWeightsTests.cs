using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Skeletons;
using LowMem.Loader.Skeletons.Containers;
using LowMem.Loader.Tests.Skeletons;

namespace LowMem.Loader.Tests.Import.Planning;

/// <summary>A weight that the checkpoint has in parts is told as such, and no part is told as what was meant.</summary>
public class SplitWeightsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("weight_g,weight_v", "weight norm", "remove_weight_norm")]
    [InlineData("weight_orig,weight_mask", "pruning", "prune.remove")]
    [InlineData("weight_orig,weight_u,weight_v", "spectral norm", "remove_spectral_norm")]
    [InlineData("parametrizations.weight.original0,parametrizations.weight.original1", "a parametrization", "remove_parametrizations")]
    [InlineData("parametrizations.weight.original,parametrizations.weight.0._u", "a parametrization", "remove_parametrizations")]
    [InlineData("base_layer.weight,lora_A.default.weight,lora_B.default.weight", "an adapter such as LoRA", "merge_and_unload")]
    public void What_a_weight_is_computed_from_is_named_and_what_undoes_it(string parts, string by, string undo)
    {
        foreach (var options in new[] { new ImportOptions(), new ImportOptions { AllowUnexpected = true } })
        {
            var error = Fail(parts.Split(','), options);
            Assert.Null(error.Rename);
            Assert.Contains("a.weight is missing", error.Message, StringComparison.Ordinal);
            Assert.Contains($"what it is computed from, by {by}: a.{parts.Split(',')[0]}", error.Message, StringComparison.Ordinal);
            Assert.Contains(undo, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("did you mean", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("_packed_params._packed_params.0")]
    [InlineData("qweight")]
    public void A_quantized_weight_is_told_as_one(string part) => Assert.Contains(
        $"The checkpoint has it quantized, as a.{part}. Take the checkpoint of the model before",
        Fail([part, "scales"], new ImportOptions()).Message,
        StringComparison.Ordinal);

    [Fact]
    public void One_part_by_itself_is_none() =>
        Assert.DoesNotContain("computed from", Fail(["weight_g"], new ImportOptions()).Message, StringComparison.Ordinal);

    private static ModelMismatchException Fail(string[] parts, ImportOptions options)
    {
        using var module = Create(["a.weight", "b.weight"]);
        var checkpoint = SyntheticCheckpoint.Create(
            [.. parts.Select(part => SyntheticCheckpoint.CreateTensor($"a.{part}", "float32", 3)), SyntheticCheckpoint.CreateTensor("b.weight", "float32", 3)]);
        return Assert.Throws<ModelMismatchException>(() => ModelLoader.Load(module, checkpoint, options, progress: null, Token));
    }

    private static ModuleContainer Create(string[] keys) => SkeletonBuilder.FromCheckpoint(
        SyntheticCheckpoint.Create([.. keys.Select(key => SyntheticCheckpoint.CreateTensor(key, "float32", 3))]), prefix: "", Token);
}

using LowMem.Loader.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Modules;

public class ModuleTreeTests
{
    [Fact]
    public void EveryPropertyOfAnEntryIsFilled()
    {
        using var module = nn.Sequential(("norm", nn.BatchNorm1d(3)), ("out", nn.Linear(3, 2, dtype: ScalarType.BFloat16)));

        var entries = ModuleTree.GetParameters(module);

        Assert.Equal(
            ["norm.weight", "norm.bias", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked", "out.weight", "out.bias"],
            entries.Select(entry => entry.Key));
        var weight = entries.Single(entry => entry.Key == "out.weight");
        Assert.Equal(("weight", "out", "Linear", "bfloat16", "cpu", 12L), (weight.Name, weight.ModulePath, weight.ModuleType, weight.DType, weight.Device, weight.ByteLength));
        Assert.Equal([2L, 3L], weight.Shape);
        Assert.Equal((false, true, true, (string?)null), (weight.IsBuffer, weight.IsPersistent, weight.RequiresGrad, weight.TiedTo));
        Assert.Same(module[1], weight.Module);
        var mean = entries.Single(entry => entry.Key == "norm.running_mean");
        Assert.Equal((true, true, false), (mean.IsBuffer, mean.IsPersistent, mean.RequiresGrad));
    }

    [Fact]
    public void TiesAreListedUnderEachKeyAndNameTheFirst()
    {
        using var module = new TiedModel();

        var entries = ModuleTree.GetParameters(module).ToDictionary(entry => entry.Key);

        Assert.Equal(
            ["scale", "steps", "inverse", "embed.weight", "body.weight", "body.bias", "head.weight"], entries.Keys);
        Assert.Equal("embed.weight", entries["head.weight"].TiedTo);
        Assert.All(entries.Values.Where(entry => entry.Key != "head.weight"), entry => Assert.Null(entry.TiedTo));
        Assert.False(entries["inverse"].IsPersistent);
        Assert.True(entries["steps"].IsPersistent);
    }

    [Fact]
    public void AModuleUnderTwoNamesIsListedUnderBoth()
    {
        var shared = nn.Linear(2, 2, hasBias: false);
        using var module = nn.Sequential(("a", shared), ("b", shared));

        Assert.Equal([null, "a.weight"], ModuleTree.GetParameters(module).Select(entry => entry.TiedTo));
    }

    [Fact]
    public void ModulesOfCppHaveTheKeysOfPytorch()
    {
        using var encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 1);
        using var lstm = nn.LSTM(2, 3, bidirectional: true);

        Assert.Equal(
            [
                "layers.0.self_attn.in_proj_weight", "layers.0.self_attn.in_proj_bias",
                "layers.0.self_attn.out_proj.weight", "layers.0.self_attn.out_proj.bias",
                "layers.0.linear1.weight", "layers.0.linear1.bias", "layers.0.linear2.weight", "layers.0.linear2.bias",
                "layers.0.norm1.weight", "layers.0.norm1.bias", "layers.0.norm2.weight", "layers.0.norm2.bias",
            ],
            ModuleTree.GetParameters(encoder).Select(entry => entry.Key));
        Assert.Equal(
            [
                "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0",
                "weight_ih_l0_reverse", "weight_hh_l0_reverse", "bias_ih_l0_reverse", "bias_hh_l0_reverse",
            ],
            ModuleTree.GetParameters(lstm).Select(entry => entry.Key));
    }

    [Fact]
    public void ListsAreRegisteredEvenWhenTheyAreTheRoot()
    {
        using var list = nn.ModuleList(nn.Linear(1, 1, hasBias: false), nn.Linear(1, 1, hasBias: false));
        Assert.Equal(["0.weight", "1.weight"], ModuleTree.GetParameters(list).Select(entry => entry.Key));

        using var parameters = nn.ParameterList(nn.Parameter(zeros(1)), nn.Parameter(zeros(2)));
        Assert.Equal(["0", "1"], ModuleTree.GetParameters(parameters).Select(entry => entry.Key));
    }

    [Fact]
    public void AParameterListThatWasConvertedListsItsNewTensors()
    {
        using var parameters = nn.ParameterList(nn.Parameter(zeros(1)), nn.Parameter(zeros(2)));
        Assert.Equal(2, ModuleTree.GetParameters(parameters).Count);

        parameters.to(ScalarType.Float16);

        Assert.Equal(["float16", "float16"], ModuleTree.GetParameters(parameters).Select(entry => entry.DType));
    }

    [Fact]
    public void AModuleThatContainsItselfIsNamed()
    {
        using var outer = new Loop();
        var inner = new Loop();
        outer.register_module("inner", inner);
        inner.register_module("back", outer);

        var error = Assert.Throws<ModelException>(() => ModuleTree.GetParameters(outer));

        Assert.Equal(ModelErrorIds.ModuleInvalid, error.ErrorId);
        Assert.Contains("'inner.back'", error.Message, StringComparison.Ordinal);
        inner.register_module("back", null!);
    }

    [Fact]
    public void ADisposedTensorIsNamed()
    {
        using var module = nn.Sequential(("a", nn.Linear(2, 2)));
        ((Linear)module[0]).weight.Dispose();

        var error = Assert.Throws<ModelException>(() => ModuleTree.GetParameters(module));

        Assert.Equal(ModelErrorIds.ModuleInvalid, error.ErrorId);
        Assert.Contains("'a.weight'", error.Message, StringComparison.Ordinal);
    }

    private sealed class Loop() : nn.Module(nameof(Loop));
}

using LowMem.Loader.Meta;
using LowMem.Loader.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Modules;

public class ParameterBinderTests
{
    [Fact]
    public void Ties_fields_and_cached_references_see_the_new_value()
    {
        using var module = new TiedModel();
        var oldBody = module.body.weight;
        MetaMover.Move(module);
        Assert.Equal(DeviceType.META, module.cached[0].device_type);
        var parameters = ModuleTree.GetParameters(module).ToDictionary(parameter => parameter.Key);

        using var embedding = full([7, 4], 3f);
        using var body = full([4, 4], 5f);
        ParameterBinder.Bind(parameters["embed.weight"], embedding);
        ParameterBinder.Bind(parameters["body.weight"], body);

        Assert.All([module.embed.weight!, module.head.weight, module.cached[1]], tensor => Assert.True(AllEqual(tensor, 3)));
        Assert.Same(oldBody, module.body.weight);
        Assert.All([oldBody, module.cached[0]], tensor => Assert.True(AllEqual(tensor, 5)));
        Assert.Equal("embed.weight", ModuleTree.GetParameters(module).Single(parameter => parameter.Key == "head.weight").TiedTo);

        // One storage under all of them: writing through one shows in the others, and in what was bound.
        using (no_grad())
        {
            module.head.weight.fill_(9);
        }

        Assert.All([module.embed.weight!, module.cached[1], embedding], tensor => Assert.True(AllEqual(tensor, 9)));
    }

    [Fact]
    public void A_tie_made_under_meta_is_one_tensor_after_binding_whichever_side_was_set()
    {
        set_default_device(META);
        var (embedFirst, linearFirst) = (nn.Embedding(3, 2), nn.Linear(2, 3, hasBias: false));
        linearFirst.weight = embedFirst.weight!;
        var (linearSecond, embedSecond) = (nn.Linear(2, 3, hasBias: false), nn.Embedding(3, 2));
        embedSecond.weight = linearSecond.weight;
        set_default_device(CPU);

        foreach (var (embed, linear) in new[] { (embedFirst, linearFirst), (embedSecond, linearSecond) })
        {
            using var module = nn.ModuleList<nn.Module>(embed, linear);
            MetaMover.Move(module);
            var parameters = ModuleTree.GetParameters(module);
            Assert.Equal([null, "0.weight"], parameters.Select(parameter => parameter.TiedTo));

            using var value = arange(6, dtype: ScalarType.Float32, device: CPU).reshape(3, 2);
            ParameterBinder.Bind(parameters[0], value);

            using var picked = embed.call(tensor(new long[] { 2 }, device: CPU));
            Assert.Equal([4f, 5f], picked.data<float>().ToArray());
            Assert.True(linear.weight.eq(value).all().item<bool>());
        }
    }

    [Fact]
    public void Gradients_of_a_cpp_module_reach_the_parameter_that_is_registered()
    {
        using var embedding = nn.Embedding(3, 2);
        MetaMover.Move(embedding);
        using var value = ones(3, 2);
        ParameterBinder.Bind(ModuleTree.GetParameters(embedding)[0], value, requiresGrad: true);

        embedding.call(tensor(new long[] { 1 })).sum().backward();

        using var gradient = embedding.parameters().Single().grad!;
        Assert.Equal([0f, 0f, 1f, 1f, 0f, 0f], gradient.data<float>().ToArray());
        Assert.False(value.requires_grad);
    }

    [Fact]
    public void Binding_a_real_module_again_replaces_its_values()
    {
        using var linear = nn.Linear(2, 2, hasBias: false);
        var parameter = ModuleTree.GetParameters(linear)[0];
        ParameterBinder.Bind(parameter, ones(2, 2));
        ParameterBinder.Bind(parameter, full([2, 2], 4f), requiresGrad: true);

        Assert.True(AllEqual(linear.weight, 4));
        Assert.True(linear.weight.requires_grad);
    }

    [Fact]
    public void A_value_of_another_shape_is_refused_and_changes_nothing()
    {
        using var embedding = nn.Embedding(3, 2);
        var parameter = ModuleTree.GetParameters(embedding)[0];
        using var before = embedding.weight!.clone();

        var error = Assert.Throws<ModelException>(() => ParameterBinder.Bind(parameter, ones(2, 3)));

        Assert.Equal(ModelErrorIds.Mismatch, error.ErrorId);
        Assert.Contains("'weight' has the shape [3, 2], the value [2, 3]", error.Message, StringComparison.Ordinal);
        Assert.True(embedding.weight!.eq(before).all().item<bool>());
    }

    [Fact]
    public void A_cpp_module_says_which_types_it_cannot_take()
    {
        using var lstm = nn.LSTM(2, 3);
        var parameter = ModuleTree.GetParameters(lstm)[0];

        Assert.Contains("cannot take int64", ParameterBinder.FindObstacle(parameter, ScalarType.Int64), StringComparison.Ordinal);
        Assert.Contains("on the CPU only", ParameterBinder.FindObstacle(parameter, ScalarType.Float32, DeviceType.CUDA), StringComparison.Ordinal);
        Assert.Null(ParameterBinder.FindObstacle(parameter, ScalarType.Float16));
        var error = Assert.Throws<ModelException>(() => ParameterBinder.Bind(parameter, zeros(parameter.Shape, dtype: ScalarType.Int64)));
        Assert.Equal(ModelErrorIds.ModuleUnsupported, error.ErrorId);
    }

    [Fact]
    public void Mixed_types_in_one_cpp_module_are_named()
    {
        using var module = nn.ModuleList<nn.Module>(nn.LSTM(2, 3), nn.Linear(2, 3), nn.LSTM(2, 3));
        var plan = ModuleTree.GetParameters(module)
            .Select(parameter => (parameter, parameter.Name.Contains("bias", StringComparison.Ordinal) && parameter.ModulePath != "2" ? ScalarType.Float32 : ScalarType.BFloat16));

        var mixed = ParameterBinder.FindMixedTypes(plan).ToArray();

        Assert.Equal(["0.bias_ih_l0", "0.bias_hh_l0"], mixed.Select(entry => entry.Parameter.Key));
        Assert.Contains("cannot be float32 while '0.weight_ih_l0' is bfloat16", mixed[0].Obstacle, StringComparison.Ordinal);
    }

    [Fact]
    public void Converting_a_cpp_module_keeps_what_was_bound_before()
    {
        using var cell = nn.GRUCell(2, 3);
        MetaMover.Move(cell);
        var parameters = ModuleTree.GetParameters(cell);
        ParameterBinder.Bind(parameters[0], full(parameters[0].Shape, 2f));

        ParameterBinder.Bind(parameters[1], full(parameters[1].Shape, 3f, dtype: ScalarType.Float64));

        Assert.All(ModuleTree.GetParameters(cell).Where(parameter => parameter.Device == "cpu"), parameter => Assert.Equal("float64", parameter.DType));
        Assert.True(AllEqual(cell.parameters().ElementAt(0), 2));
        Assert.True(AllEqual(cell.parameters().ElementAt(1), 3));
    }

    private static bool AllEqual(Tensor tensor, double value) => tensor.eq(value).all().item<bool>();
}

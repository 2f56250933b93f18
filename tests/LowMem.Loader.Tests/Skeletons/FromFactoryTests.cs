using System.Collections;
using System.Collections.Specialized;
using LowMem.Loader.Meta;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons;
using LowMem.Loader.Skeletons.Containers;
using LowMem.Loader.Tests.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Skeletons;

public class FromFactoryTests
{
    private static OrderedDictionary Boring() => new()
    {
        ["in_proj"] = nn.Linear(2, 10),
        ["stages"] = new object[] { nn.Linear(10, 10), nn.Linear(10, 10) },
        ["out_proj"] = nn.Linear(10, 2),
    };

    [Fact]
    public void A_dictionary_becomes_a_module_with_the_keys_of_pytorch_that_runs_in_order()
    {
        var module = Assert.IsType<ModuleContainer>(SkeletonBuilder.FromFactory(Boring));

        var slots = ModuleTree.GetParameters(module);
        Assert.Equal(
            ["in_proj.weight", "in_proj.bias", "stages.0.weight", "stages.0.bias", "stages.1.weight", "stages.1.bias", "out_proj.weight", "out_proj.bias"],
            slots.Select(slot => slot.Key));
        Assert.All(slots, slot => Assert.Equal("meta", slot.Device));
        foreach (var slot in slots)
        {
            ParameterBinder.Bind(slot, full(slot.Shape, slot.IsBuffer ? 0 : 0.5f, device: CPU));
        }

        using var output = module.call(ones(1, 2, device: CPU));

        // 0.5 everywhere: 2 * 0.5 + 0.5 = 1.5, then 10 * 0.5 * x + 0.5 three times.
        Assert.Equal([203f, 203f], output.data<float>().ToArray());
        Assert.Same(module["in_proj"], module.children().First());
        Assert.Contains("there are: in_proj, stages, out_proj", Assert.Throws<KeyNotFoundException>(() => module["x"]).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ModuleZoo.Names), MemberType = typeof(ModuleZoo))]
    public void Whatever_ignores_the_default_device_is_moved(string name)
    {
        // The zoo makes its inputs on the CPU; what it makes here are modules only.
        var module = SkeletonBuilder.FromFactory(() => ModuleZoo.Make(name).Module);

        Assert.All(ModuleTree.GetParameters(module).Where(slot => slot.IsPersistent), slot =>
        {
            Assert.Equal("meta", slot.Device);
            Assert.True(slot.Native is null || IsEmpty(slot.Native.Used));
            Assert.True(slot.Native is null || IsEmpty(slot.Native.Registered));
        });
        Assert.Equal(new MoveResult(0, 0), MetaMover.Move(module));
        Assert.Equal(DeviceType.CPU, get_default_device().type);
    }

    private static bool IsEmpty(Tensor tensor) =>
        tensor.device_type == DeviceType.META || tensor.numel() <= 1 || NativeModules.IsWithoutStorage(tensor);

    [Fact]
    public void The_default_device_is_restored_when_the_script_fails()
    {
        Assert.Throws<InvalidOperationException>(() => SkeletonBuilder.FromFactory(() => throw new InvalidOperationException("mine")));
        Assert.Equal(DeviceType.CPU, get_default_device().type);
    }

    [Fact]
    public void Wrapped_values_are_unwrapped_at_every_level()
    {
        var module = SkeletonBuilder.FromFactory(
            () => new Wrapped(new OrderedDictionary { ["a"] = new Wrapped(new object[] { new Wrapped(nn.Linear(1, 1, hasBias: false)) }) }),
            value => value is Wrapped wrapped ? wrapped.Value : value);

        Assert.Equal(["a.0.weight"], ModuleTree.GetParameters(module).Select(slot => slot.Key));
    }

    public static TheoryData<Func<object?>, string> Mistakes => new()
    {
        { () => null, "What was returned is nothing." },
        { () => "text", "What was returned is the text 'text', not a module." },
        { () => 5, "is a Int32, not a module" },
        { () => new Hashtable { ["a"] = 1, ["b"] = 2 }, "entries have no order. Write [ordered]@{ ... }" },
        { () => new OrderedDictionary { ["a"] = new object?[] { null } }, "The entry 'a.0' of what was returned is nothing." },
        { () => new OrderedDictionary { ["a.b"] = nn.ReLU() }, "'a.b' cannot name a module" },
        { () => new OrderedDictionary { [""] = nn.ReLU() }, "'' cannot name a module" },
        { () => new OrderedDictionary { [2.5] = nn.ReLU() }, "has the key '2.5' of type Double" },
        { Endless, "is nested more than 100 levels deep" },
    };

    [Theory]
    [MemberData(nameof(Mistakes), DisableDiscoveryEnumeration = true)]
    public void What_is_not_made_of_modules_is_explained(Func<object?> factory, string part)
    {
        var error = Assert.Throws<ModelException>(() => SkeletonBuilder.FromFactory(factory));

        Assert.Equal("SkeletonInvalid", error.ErrorId);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_that_waits_for_a_skeleton_on_another_thread_does_not_wait_for_ever()
    {
        var module = await Task.Run(
            () => SkeletonBuilder.FromFactory(() => Task.Run(() => SkeletonBuilder.FromFactory(() => nn.Linear(1, 2))).Result),
            TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        Assert.All(ModuleTree.GetParameters(module), slot => Assert.Equal("meta", slot.Device));
        Assert.Equal(DeviceType.CPU, get_default_device().type);
    }

    [Fact]
    public void Skeletons_on_several_threads_all_are_on_meta_and_the_default_comes_back()
    {
        Parallel.For(0, 50, _ =>
        {
            using var module = SkeletonBuilder.FromFactory(Boring);
            Assert.All(ModuleTree.GetParameters(module), slot => Assert.Equal("meta", slot.Device));
        });

        Assert.Throws<InvalidOperationException>(() => SkeletonBuilder.FromFactory(() => throw new InvalidOperationException()));
        Assert.Equal(DeviceType.CPU, get_default_device().type);
    }

    [Fact]
    public void A_container_says_why_it_cannot_run()
    {
        using var input = ones(1);
        var inside = new ModuleContainer();
        inside.Add("rnn", nn.LSTM(1, 1));
        var withLstm = Assert.Throws<ModelException>(() => inside.call(input));
        Assert.Contains("'rnn' (LSTM) does not take one tensor and give one tensor", withLstm.Message, StringComparison.Ordinal);

        var bare = new ModuleContainer();
        bare.AddParameter("weight", nn.Parameter(ones(1)));
        var withParameter = Assert.Throws<ModelException>(() => bare.call(input));
        Assert.Equal("ModuleUnsupported", withParameter.ErrorId);
        Assert.Contains("This module (ModuleContainer) holds weight, but not the code", withParameter.Message, StringComparison.Ordinal);

        Assert.Throws<ModelException>(() => inside.Add("rnn", nn.ReLU()));
        using var same = new ModuleContainer().call(input);
        Assert.Equal(1f, same.item<float>());
    }

    private static OrderedDictionary Endless()
    {
        var dictionary = new OrderedDictionary();
        dictionary["again"] = dictionary;
        return dictionary;
    }

    private sealed record Wrapped(object Value);
}

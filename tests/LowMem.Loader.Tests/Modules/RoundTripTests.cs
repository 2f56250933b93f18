using LowMem.Loader.Meta;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Modules;

public class RoundTripTests
{
    [Theory]
    [MemberData(nameof(ModuleZoo.Names), MemberType = typeof(ModuleZoo))]
    public void AModuleThatWentToMetaAndBackComputesTheSame(string name)
    {
        var (module, run) = ModuleZoo.Make(name);
        var before = run();
        var values = ModuleTree.GetParameters(module).ToDictionary(slot => slot.Key, slot => slot.Tensor.clone().detach());
        Assert.NotEmpty(values);

        var result = MetaMover.Move(module);

        var slots = ModuleTree.GetParameters(module);
        Assert.Equal(values.Keys, slots.Select(slot => slot.Key));
        Assert.All(slots.Where(slot => slot.IsPersistent), slot => Assert.Equal("meta", slot.Device));
        Assert.Equal(slots.Count(slot => slot.IsPersistent && slot.TiedTo is null), result.ParameterCount);
        foreach (var slot in slots.Where(slot => slot.IsPersistent && slot.TiedTo is null))
        {
            ParameterBinder.Bind(slot, values[slot.Key]);
        }

        Assert.All(ModuleTree.GetParameters(module), slot => Assert.Equal("cpu", slot.Device));
        Assert.True(run().eq(before).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(ModuleZoo.Names), MemberType = typeof(ModuleZoo))]
    public void AModuleBornOnMetaComputesWhatTheRealOneDoesOnceItHasItsValues(string name)
    {
        var (real, run) = ModuleZoo.Make(name);
        var values = ModuleTree.GetParameters(real).ToDictionary(slot => slot.Key, slot => slot.Tensor.clone().detach());
        Func<Tensor>? runBorn = null;

        var born = SkeletonBuilder.FromFactory(() =>
        {
            (var module, runBorn) = ModuleZoo.Make(name);
            return module;
        });

        var slots = ModuleTree.GetParameters(born);
        Assert.Equal(values.Keys, slots.Select(slot => slot.Key));
        foreach (var slot in slots.Where(slot => slot.IsPersistent && slot.TiedTo is null))
        {
            ParameterBinder.Bind(slot, values[slot.Key]);
        }

        Assert.True(runBorn!().eq(run()).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(ModuleZoo.Names), MemberType = typeof(ModuleZoo))]
    public void ShapesDtypesTiesAndGradientsSurviveTheMove(string name)
    {
        var (module, _) = ModuleZoo.Make(name);
        var before = ModuleTree.GetParameters(module).Select(Describe).ToArray();

        MetaMover.Move(module);

        Assert.Equal(before, ModuleTree.GetParameters(module).Select(Describe));
        Assert.Equal(new MoveResult(0, 0), MetaMover.Move(module));

        static string Describe(ModuleParameter slot) =>
            $"{slot.Key} {slot.ModulePath} {slot.ModuleType} {slot.DType} [{string.Join(',', slot.Shape)}] "
            + $"{slot.ByteLength} {slot.IsBuffer} {slot.IsPersistent} {slot.RequiresGrad} {slot.TiedTo}";
    }

    [Theory]
    [MemberData(nameof(ModuleZoo.Names), MemberType = typeof(ModuleZoo))]
    public void AModuleTakesAnotherFloatingPointType(string name)
    {
        var (module, run) = ModuleZoo.Make(name);
        MetaMover.Move(module);
        foreach (var slot in ModuleTree.GetParameters(module).Where(slot => slot.IsPersistent && slot.TiedTo is null))
        {
            var type = slot.DType == "float32" ? ScalarType.BFloat16 : ScalarTypes.Find(slot.DType)!.Value;
            Assert.Null(ParameterBinder.FindObstacle(slot, type));
            ParameterBinder.Bind(slot, ones(slot.Shape, dtype: type, device: CPU));
        }

        Assert.All(
            ModuleTree.GetParameters(module).Where(slot => slot.IsPersistent),
            slot =>
            {
                Assert.Equal(slot.DType == "int64" ? "int64" : "bfloat16", slot.DType);
                Assert.Equal("cpu", slot.Device);
                var computedWith = slot.Native?.Used ?? slot.Tensor;
                Assert.Equal(slot.Tensor.dtype, computedWith.dtype);
                Assert.True(computedWith.to(ScalarType.Float32).eq(1).all().item<bool>());
            });
    }
}

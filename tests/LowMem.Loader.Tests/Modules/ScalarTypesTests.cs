using LowMem.Checkpoints;
using LowMem.Loader.Meta;
using LowMem.Loader.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Modules;

public class ScalarTypesTests
{
    public static TheoryData<string> Dense =>
        [.. ScalarTypes.Names.Where(name => DType.Get(name).Kind != DTypeKind.Quantized && name != "float4_e2m1fn_x2")];

    [Fact]
    public void EveryNameIsADtypeAndEveryCodeHasOneName()
    {
        Assert.All(ScalarTypes.Names, name =>
        {
            Assert.NotNull(DType.Find(name));
            Assert.Equal(name, ScalarTypes.GetName(ScalarTypes.Find(name)!.Value));
        });
        Assert.Null(ScalarTypes.Find("float6_e2m3fn"));
        Assert.Equal("scalar_type_99", ScalarTypes.GetName((ScalarType)99));
    }

    [Theory]
    [MemberData(nameof(Dense))]
    public void TorchAgreesOnTheSizeOfEachTypeAndItBindsToMetaAndBack(string name)
    {
        var type = ScalarTypes.Find(name)!.Value;
        using var module = new HoldsOne(zeros([2, 3], dtype: type, device: CPU));

        var real = Assert.Single(ModuleTree.GetParameters(module));
        Assert.Equal((name, "cpu", DType.Get(name).ByteSize * 6L), (real.DType, real.Device, real.ByteLength));
        Assert.Equal(new MoveResult(1, real.ByteLength), MetaMover.Move(module));

        var slot = Assert.Single(ModuleTree.GetParameters(module));
        Assert.Equal((name, "meta", real.ByteLength), (slot.DType, slot.Device, slot.ByteLength));
        using var value = ones([2, 3], dtype: ScalarType.Float32, device: CPU).to(type);
        ParameterBinder.Bind(slot, value, requiresGrad: true);

        var bound = Assert.Single(ModuleTree.GetParameters(module));
        Assert.Equal((name, "cpu"), (bound.DType, bound.Device));
        Assert.Equal(DType.Get(name).Kind is DTypeKind.Floating or DTypeKind.Complex, bound.RequiresGrad);
        Assert.Equal(6f, bound.Tensor.detach().to(ScalarType.ComplexFloat32).real.sum().item<float>());
    }

    private sealed class HoldsOne : nn.Module
    {
        public HoldsOne(Tensor tensor)
            : base(nameof(HoldsOne)) => register_buffer("value", tensor);
    }
}

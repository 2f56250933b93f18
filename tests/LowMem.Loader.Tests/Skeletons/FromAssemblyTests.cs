using System.Globalization;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons;
using TorchSharp;

namespace LowMem.Loader.Tests.Skeletons;

public class FromAssemblyTests
{
    private static readonly string AssemblyPath = typeof(Classifier).Assembly.Location;

    [Fact]
    public void ATypeIsCreatedOnMetaWithConvertedArguments()
    {
        var module = SkeletonBuilder.FromAssembly(
            AssemblyPath, "Classifier", [100, new object[] { 8, 4L, (short)2 }, "gelu", "float16"]);

        Assert.Equal("gelu 0.1", Assert.IsType<Classifier>(module).Description);
        var slots = ModuleTree.GetParameters(module);
        Assert.Equal(
            ["embed.weight", "layers.linear1.weight", "layers.linear1.bias", "layers.linear2.weight", "layers.linear2.bias"],
            slots.Select(slot => slot.Key));
        Assert.All(slots, slot => Assert.Equal(("meta", "float16", true), (slot.Device, slot.DType, slot.RequiresGrad)));
        Assert.Equal(DeviceType.CPU, torch.get_default_device().type);
    }

    public static TheoryData<object?[], string> Arguments => new()
    {
        { [], "none" },
        { [3], "int 3" },
        { [3L], "int 3" },
        { [2.5], "double 2.5" },
        { ["7"], "int 7" },
        { ["meta", null], "META null" },
        { ["cpu", true], "CPU True" },
    };

    [Theory]
    [MemberData(nameof(Arguments), DisableDiscoveryEnumeration = true)]
    public void TheConstructorThatFitsBestIsCalled(object?[] arguments, string chosen)
    {
        var module = SkeletonBuilder.FromAssembly(AssemblyPath, typeof(Overloaded).FullName!, arguments);
        Assert.Equal(chosen, ((Overloaded)module).Chosen);
    }

    public static TheoryData<string, object?[], string> Mistakes => new()
    {
        { "Clasifier", [], "there is no type 'Clasifier'. Module types there with names near it: LowMem.Loader.Tests.Skeletons.Classifier, " },
        { "NoModule", [], "is not a TorchSharp module: it does not derive from torch.nn.Module" },
        { "AbstractModule", [], "is abstract and cannot be created" },
        { "Failing", [], "The constructor Failing() failed: no weights today" },
        { "Overloaded", ["x"], "takes (x [String]). There are: Overloaded(); Overloaded(Int32 size); Overloaded(Double size); Overloaded(Device device, Boolean? flag)." },
        { "Overloaded", [1, 2, 3], "takes (1 [Int32], 2 [Int32], 3 [Int32])" },
        { "Classifier", [100, 2.5], "takes (100 [Int32], 2.5 [Double])" },
        { "Classifier", [], "takes no arguments. There are: Classifier(Int64 vocabulary, Int64[] widths, String activation = default" },
    };

    [Theory]
    [MemberData(nameof(Mistakes), DisableDiscoveryEnumeration = true)]
    public void AMistakeIsExplained(string type, object?[] arguments, string part)
    {
        var error = Assert.Throws<ModelException>(() => SkeletonBuilder.FromAssembly(AssemblyPath, type, arguments));

        Assert.Equal("SkeletonInvalid", error.ErrorId);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Equal(DeviceType.CPU, torch.get_default_device().type);
    }

    [Fact]
    public void AFileThatIsNoAssemblyIsNamed()
    {
        using var directory = new TempDirectory();
        var text = directory["model.dll"];
        var missing = Assert.Throws<ModelException>(() => SkeletonBuilder.FromAssembly(text, "Model"));
        File.WriteAllText(text, "no assembly");
        var invalid = Assert.Throws<ModelException>(() => SkeletonBuilder.FromAssembly(text, "Model"));

        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{text}: there is no such file."), missing.Message);
        Assert.StartsWith($"{text}: this is not a .NET assembly", invalid.Message, StringComparison.Ordinal);
    }
}

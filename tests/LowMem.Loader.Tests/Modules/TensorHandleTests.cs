using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Meta;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Modules;

/// <summary>A libtorch that keeps its tensors in another way is noticed before anything is exchanged.</summary>
public class TensorHandleTests
{
    [Fact]
    public void The_libtorch_of_this_module_passes_the_check() =>
        Assert.Null(TensorHandle.FindLayoutFault(TensorHandle.Get, TensorHandle.Exchange));

    [Fact]
    public void Handles_that_do_not_share_an_address_are_noticed()
    {
        nint next = 1;
        const string fault = "two handles of one tensor do not hold one address";
        Assert.Equal(fault, TensorHandle.FindLayoutFault(_ => next++, TensorHandle.Exchange));
        Assert.Equal(fault, TensorHandle.FindLayoutFault(_ => 1, TensorHandle.Exchange));
        Assert.Equal(fault, TensorHandle.FindLayoutFault(_ => 0, TensorHandle.Exchange));
    }

    [Fact]
    public void An_exchange_that_does_nothing_is_noticed() => Assert.Equal(
        "two tensors cannot be exchanged by their addresses", TensorHandle.FindLayoutFault(TensorHandle.Get, (_, _) => { }));

    [Fact]
    public void Every_way_in_says_so_and_changes_nothing()
    {
        using var module = new BoringModel(CPU);
        var slot = ModuleTree.GetParameters(module)[0];
        var before = module.parameters().Select(TestFiles.GetHash).ToArray();
        var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Samples, "boring.pt"), TestContext.Current.CancellationToken);
        using var value = zeros(10, 2);
        Action[] ways =
        [
            () => ModuleTree.GetParameters(module),
            () => MetaMover.Move(module),
            () => ParameterBinder.Bind(slot, value),
            () => ModelLoader.Load(module, checkpoint, cancellationToken: TestContext.Current.CancellationToken),
            () => ModelLoader.Load(checkpoint, cancellationToken: TestContext.Current.CancellationToken),
            () => SkeletonBuilder.FromFactory(() => new BoringModel(CPU)),
        ];
        TensorHandle.AssumedFault = "handles are of glass";
        try
        {
            Assert.All(ways, way =>
            {
                var error = Assert.Throws<ModelException>(way);
                Assert.Equal(ModelErrorIds.NativeLibraryIncompatible, error.ErrorId);
                Assert.Contains("handles are of glass. Nothing was changed.", error.Message, StringComparison.Ordinal);
            });
        }
        finally
        {
            TensorHandle.AssumedFault = null;
        }

        Assert.Equal(before, module.parameters().Select(TestFiles.GetHash));
    }
}

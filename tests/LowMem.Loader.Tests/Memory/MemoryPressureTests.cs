using System.Runtime.CompilerServices;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory;
using LowMem.Loader.Meta;
using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Memory;

/// <summary>The garbage collector is told of tensors, and of their end, however that comes.</summary>
public sealed class MemoryPressureTests : IDisposable
{
    // Two tensors of half of it each.
    private const long ModelBytes = 64L << 20;

    private readonly TempDirectory directory = new();
    private readonly long before;

    public MemoryPressureTests()
    {
        TestFiles.WriteHoles(
            directory["model.safetensors"],
            ("first", "F32", new long[] { ModelBytes / 8 }),
            ("second", "F32", new long[] { ModelBytes / 8 }));
        Forget();
        before = MemoryPressure.Held;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private long Held => MemoryPressure.Held - before;

    public void Dispose() => directory.Dispose();

    [Fact]
    public void AResidentModelCountsUntilItIsDisposedOfOnceOrTwice()
    {
        var module = Load(resident: true);
        Assert.Equal(ModelBytes, Held);

        module.Dispose();
        Assert.Equal(0, Held);
        module.Dispose();
        Assert.Equal(0, Held);
    }

    [Fact]
    public void AMappedModelTakesNoMemoryThatWouldCount()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows charges a view in full.");
        using var module = Load(resident: false);

        Assert.Equal(0, Held);
    }

    [Fact]
    public void WhatAMappedLoadCastsCounts()
    {
        var module = Load(resident: false, dtype: "bfloat16");
        Assert.Equal(ModelBytes / 2, Held);

        module.Dispose();
        Assert.Equal(0, Held);
    }

    [Fact]
    public void APartThatGoesCountsNoMoreAndNeitherDoesAModuleOnMeta()
    {
        Assert.SkipUnless(ResidentMemory.IsSupported, "The parts are one block on Linux only.");
        var module = Load(resident: true);
        module.get_parameter("first")!.Dispose();
        Assert.Equal(ModelBytes / 2, Held);
        module.Dispose();

        using var other = Load(resident: true);
        Assert.Equal(ModelBytes, Held);
        MetaMover.Move(other);
        Assert.Equal(0, Held);
        MetaMover.Move(other);
        Assert.Equal(0, Held);
    }

    [Fact]
    public void AModelThatIsLoadedAnewCountsOnce()
    {
        using var module = Load(resident: true);
        ModelLoader.Load(module, Checkpoint.Open(directory["model.safetensors"], Token), new ImportOptions { Resident = true }, progress: null, Token);

        Assert.Equal(ModelBytes, Held);
    }

    [Fact]
    public void AModelThatNobodyHoldsCountsUntilItIsCollected()
    {
        LoadAndForget();
        for (var i = 0; i < 10 && Held > 0; i++)
        {
            Forget();
        }

        Assert.Equal(0, Held);
    }

    [Fact]
    public void TenModelsInALoopAreNeverMoreThanTwo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere private memory is more than what was touched.");

        ManagedMemory.GiveBack();
        var privateBefore = ProcessMemory.GetPrivateBytes();
        using var sampler = new PeakMemorySampler();
        var mostHeld = LoadInALoop();

        Assert.InRange(mostHeld, ModelBytes, 2 * ModelBytes);
        Assert.InRange(sampler.GetPeak() - privateBefore, ModelBytes / 2, (2 * ModelBytes) + (48 << 20));
    }

    [Fact]
    public void MoreIsNeverRemovedThanWasAdded()
    {
        MemoryPressure.Remove(0);
        MemoryPressure.Remove(-5);
        MemoryPressure.Add(0);
        Assert.Equal(0, Held);

        var tensor = HeapMemory.CreateTensor([2, 3], ScalarType.Float64, 8);
        Assert.Equal(48, Held);
        using var view = tensor.narrow(0, 1, 1);
        tensor.Dispose();
        Assert.Equal(48, Held);
        view.Dispose();
        Assert.Equal(0, Held);
        using var none = HeapMemory.CreateTensor([2, 0], ScalarType.Float64, 8);
        Assert.Equal(0, Held);
    }

    [Fact]
    public void ThreadsThatLoadAndDropAtOnceLeaveNothingBehind()
    {
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ => Load(resident: true).Dispose());

        Assert.Equal(0, Held);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long LoadInALoop()
    {
        var most = 0L;
        ModuleContainer? module = null;
        for (var i = 0; i < 10; i++)
        {
            module = Load(resident: true);
            most = Math.Max(most, Held);
        }

        module!.Dispose();
        return most;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LoadAndForget() => Assert.NotNull(Load(resident: true));

    private ModuleContainer Load(bool resident, string? dtype = null) => ModelLoader.Load(
        Checkpoint.Open(directory["model.safetensors"], Token),
        new ImportOptions { Resident = resident, DType = dtype },
        progress: null,
        Token).Module;

    private static void Forget()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}

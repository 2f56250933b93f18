using LowMem.Checkpoints;
using LowMem.Checkpoints.Values;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory;
using LowMem.Loader.Modules;
using LowMem.Loader.Native;
using static TorchSharp.torch;

namespace LowMem.Loader.Estimates;

/// <summary>Predicts what a load into a module would need. Apart from <see cref="MemoryEstimator"/>, since it needs libtorch.</summary>
public static class ModuleMemory
{
    /// <summary>Predicts the load of a checkpoint into a module, which is not touched.</summary>
    /// <param name="module">The module; what it takes already is not counted.</param>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="options">How it would be loaded; the mode is of no account. Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="ModelMismatchException">Checkpoint and module do not fit.</exception>
    /// <exception cref="ModelException">libtorch or the module does not allow it.</exception>
    public static MemoryEstimate Estimate(
        nn.Module module, Checkpoint checkpoint, ImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(checkpoint);
        NativeLibraryLoader.EnsureLoaded();
        using var reader = new TensorDataReader(checkpoint);
        var plan = ImportPlan.Create(
            ModuleTree.GetParameters(module),
            checkpoint,
            options ?? new ImportOptions(),
            TorchSharp.DeviceType.CPU,
            reader,
            cancellationToken);
        return MemoryEstimator.Estimate(
            checkpoint,
            plan.Prefix,
            plan.GetTransfers(resident: true, isInMemory: true),
            plan.GetTransfers(resident: false, isInMemory: true),
            LoadMemory.GetAvailableBytes()) with
        {
            MissingKeys = plan.MissingKeys,
            Faults = [.. plan.Faults],
        };
    }
}

using System.Diagnostics;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Sharding;
using LowMem.Checkpoints.Values;
using LowMem.Loader.Import.Keys;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Initialization;
using LowMem.Loader.Memory;
using LowMem.Loader.Modules;
using LowMem.Loader.Native;
using LowMem.Loader.Skeletons;
using LowMem.Loader.Skeletons.Containers;
using LowMem.Loader.Skeletons.FromCheckpoint;
using static TorchSharp.torch;

namespace LowMem.Loader.Import.Binding;

/// <summary>
/// Binds the values of a checkpoint to a module, as the article does with <c>load_state_dict</c> on a module on meta, but
/// with no second copy of the weights: mapped they take no memory of their own, resident they take it once.
/// </summary>
/// <remarks>
/// A module that still has values of its own keeps them until the new ones are complete, so that a failure changes
/// nothing; resident, that is twice the model for a while. Put such a module on meta first.
/// </remarks>
public static class ModelLoader
{
    /// <summary>Binds a checkpoint to a module: all of it, or on any failure nothing.</summary>
    /// <param name="module">The module, best on meta.</param>
    /// <param name="checkpoint">The values.</param>
    /// <param name="options">How to load; null for the defaults.</param>
    /// <param name="progress">Told how far it is, from several threads, up to some hundred times a second; or null.</param>
    /// <param name="cancellationToken">Ends the loading early, and leaves the module as it was.</param>
    /// <returns>What was done, and what it cost.</returns>
    /// <exception cref="CheckpointException">A file is gone, changed, shorter than it was, or names unsafe globals.</exception>
    /// <exception cref="ModelMismatchException">Checkpoint and module do not fit: it holds every mismatch.</exception>
    /// <exception cref="ModelException">libtorch, the device, the module or the memory does not allow it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static LoadReport Load(
        nn.Module module,
        Checkpoint checkpoint,
        ImportOptions? options = null,
        IProgress<ImportProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(checkpoint);
        NativeLibraryLoader.EnsureLoaded();
        return Bind(module, checkpoint, options ?? new ImportOptions(), progress, cancellationToken);
    }

    /// <summary>Builds a module after the checkpoint itself, with its names, shapes and types, and loads it.</summary>
    /// <inheritdoc cref="Load(nn.Module, Checkpoint, ImportOptions?, IProgress{ImportProgress}?, CancellationToken)"/>
    /// <returns>The module, which is the caller's, and what was done.</returns>
    public static (ModuleContainer Module, LoadReport Report) Load(
        Checkpoint checkpoint,
        ImportOptions? options = null,
        IProgress<ImportProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        options ??= new ImportOptions();
        ImportPlan.RefuseUnsafe(checkpoint, options);
        NativeLibraryLoader.EnsureLoaded();
        var others = options.Prefix is null ? StateDictPrefix.Choose(checkpoint.WithoutAttributes()).Others : [];
        var part = Take(checkpoint, options, cancellationToken);
        (part, var shard) = ShardSelection.Split(part, options, cancellationToken);
        var module = SkeletonBuilder.FromPart(options.KeyMap is { } keyMap ? Rename(part, keyMap) : part, cancellationToken);
        try
        {
            var report = Load(module, part.Checkpoint, options with { Prefix = part.Prefix, Shard = null, ShardRules = null }, progress, cancellationToken);
            return (module, Report(shard, report) with
            {
                MissingKeys = [.. report.MissingKeys.Union(part.MissingKeys, StringComparer.Ordinal)],
                Faults = [.. report.Faults.Union(part.Faults)],
                OtherPrefixes = [.. others],
            });
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    /// <summary>Works out what of a checkpoint a shard of it is, with all checks of a load. Reads nothing of the values, and touches no module.</summary>
    /// <param name="module">The module that it would be loaded into; null when one would be made.</param>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="options">How it would be loaded; with a shard.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="CheckpointException">Something cannot be split, or the file names unsafe globals.</exception>
    /// <exception cref="ModelException">Checkpoint and module do not fit.</exception>
    public static ShardPlan PlanShard(nn.Module? module, Checkpoint checkpoint, ImportOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ShardPlan? shard;
        if (module is null)
        {
            ImportPlan.RefuseUnsafe(checkpoint, options);
            NativeLibraryLoader.EnsureLoaded();
            (_, shard) = ShardSelection.Split(Take(checkpoint, options, cancellationToken), options, cancellationToken);
        }
        else
        {
            NativeLibraryLoader.EnsureLoaded();
            using var reader = new TensorDataReader(checkpoint);
            shard = ImportPlan.Create(ModuleTree.GetParameters(module), checkpoint, options, ImportDevice.Parse(options.Device).type, reader, cancellationToken).Shard;
        }

        return shard ?? throw new ArgumentException("The options name no shard.", nameof(options));
    }

    private static CheckpointPart Take(Checkpoint checkpoint, ImportOptions options, CancellationToken cancellationToken) => CheckpointPart.Take(
        checkpoint,
        options.Prefix,
        key => options.KeyMap is { } map ? map.Map(key) : key,
        options.KeyFilter is { } filter ? filter.Includes : null,
        options.AllowMissing,
        cancellationToken);

    private static CheckpointPart Rename(CheckpointPart part, IKeyMap keyMap)
    {
        var selection = new StateDictSelector(part.Checkpoint.Path, part.Checkpoint.Tensors, []).Select(part.Prefix, keyMap);
        return part with
        {
            Checkpoint = part.Checkpoint with { Tensors = [.. selection.Tensors.Select(entry => entry.Value[0] with { Key = entry.Key })] },
            Prefix = string.Empty,
        };
    }

    private static LoadReport Bind(
        nn.Module module,
        Checkpoint checkpoint,
        ImportOptions options,
        IProgress<ImportProgress>? progress,
        CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var memory = new PeakMemorySampler();
        var device = ImportDevice.Parse(options.Device);
        var entries = ModuleTree.GetParameters(module);
        using var dataReader = new TensorDataReader(checkpoint);
        var plan = ImportPlan.Create(entries, checkpoint, options, device.type, dataReader, cancellationToken);
        using var materializer = new TensorMaterializer(
            checkpoint, plan, device, options.Resident, dataReader, progress, cancellationToken);
        var values = materializer.Create();
        using var missing = new MissingValues();
        var zeroParameters = plan.ZeroParameters;
        var zeroValues = CreateZeros(zeroParameters, device);
        try
        {
            if (options.InitializeMissing)
            {
                var types = new MissingTypes(plan, options);
                missing.Create(module, entries, types.IsPlanned, types.Find, device, options.Seed, cancellationToken);
            }

            // Nothing in this loop can fail: whatever could has been checked or made by now.
            for (var i = 0; i < values.Count; i++)
            {
                ParameterBinder.Bind(plan.Tensors[i].Parameter, values[i], plan.Tensors[i].RequiresGrad);
            }

            for (var i = 0; i < zeroValues.Length; i++)
            {
                ParameterBinder.Bind(zeroParameters[i], zeroValues[i]);
            }

            foreach (var (parameter, value) in missing.Values)
            {
                ParameterBinder.Bind(parameter, value, options.RequiresGrad && !parameter.IsBuffer);
            }
        }
        finally
        {
            // The module shares the storages now, and these are handles more.
            foreach (var value in values.Concat(zeroValues))
            {
                value.Dispose();
            }
        }

        return Report(plan.Shard, new LoadReport
        {
            Path = checkpoint.Path,
            Mode = options.Resident ? ImportModes.Resident : ImportModes.Mapped,
            Prefix = plan.Prefix,
            Device = options.Device,
            TensorCount = plan.Tensors.Count,
            MappedCount = materializer.Transfers.MappedCount,
            CopiedCount = plan.Tensors.Count - materializer.Transfers.MappedCount,
            MappedBytes = materializer.Transfers.MappedBytes,
            CopiedBytes = materializer.Transfers.CopiedBytes,
            Prefetch = options.Prefetch && materializer.Transfers.MappedCount > 0 ? materializer.StartPrefetch() : null,
            MissingKeys = plan.MissingKeys,
            ZeroKeys = [.. zeroParameters.Select(parameter => parameter.Key)],
            Faults = [.. plan.Faults],
            OutsideCount = CountOutside(checkpoint, plan.Prefix),
            UnexpectedKeys = plan.UnexpectedKeys,
            ShapeMismatchKeys = plan.ShapeMismatchKeys,
            RenamedCount = plan.RenamedCount,
            LeftOutCount = plan.LeftOutCount,
            CastKeys = [.. plan.Tensors.Where(planned => planned.IsCast).Select(planned => planned.Parameter.Key)],
            InitializedKeys = [.. missing.Values.SelectMany(entry => entry.Parameter.Ties).Select(tie => tie.Key)],
            MetaKeys = GetMetaKeys(entries, [.. plan.Tensors.Select(planned => planned.Parameter), .. zeroParameters, .. missing.Values.Select(entry => entry.Parameter)]),
            Duration = Stopwatch.GetElapsedTime(started),
            PrivateBytesBefore = memory.Before,
            PrivateBytesAfter = ProcessMemory.GetPrivateBytes(),
            PrivateBytesPeak = memory.GetPeak(),
        });
    }

    private static LoadReport Report(ShardPlan? shard, LoadReport report) => shard is null
        ? report
        : report with { Shard = shard.Shard.ToString(), SplitCount = shard.SplitCount, EmptyKeys = [.. shard.EmptyKeys] };

    private static Tensor[] CreateZeros(IReadOnlyList<ModuleParameter> parameters, Device device) =>
        [.. parameters.Select(parameter => zeros(parameter.Shape, dtype: parameter.Tensor.dtype, device: device).DetachFromDisposeScope())];

    private static int CountOutside(Checkpoint checkpoint, string prefix) => prefix.Length == 0
        ? 0
        : checkpoint.Tensors.Count(tensor => !tensor.Key.StartsWith(prefix, StringComparison.Ordinal));

    private static string[] GetMetaKeys(IReadOnlyList<ModuleParameter> entries, IEnumerable<ModuleParameter> parameters)
    {
        var bound = parameters.SelectMany(parameter => parameter.Ties).Select(tie => tie.Key).ToHashSet(StringComparer.Ordinal);
        return [.. entries.Where(entry => entry.Device == "meta" && !bound.Contains(entry.Key)).Select(entry => entry.Key)];
    }
}

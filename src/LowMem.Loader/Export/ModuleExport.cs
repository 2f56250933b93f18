using System.Globalization;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Loader.Memory;
using LowMem.Loader.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Export;

/// <summary>
/// The state dict of a module as a checkpoint, straight from the memory of its tensors: what writes and compares checkpoints takes it.
/// Nothing is copied. The memory stays until this is disposed of, whatever becomes of the module; a value that is changed meanwhile is
/// seen before or after the change.
/// </summary>
public sealed class ModuleExport : IDisposable
{
    /// <summary>The <see cref="Checkpoint.Format"/> of a module in memory.</summary>
    public const string Format = "module";

    private const int MaxNamed = 10;

    private readonly List<Tensor> held = [];

    private ModuleExport(nn.Module module)
    {
        var parameters = ModuleTree.GetParameters(module).Where(parameter => parameter.IsPersistent).ToList();
        Check(parameters);
        Checkpoint = Describe(module, parameters);
    }

    /// <summary>The state dict, by PyTorch's keys; tied entries share their storage.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>Takes the persistent parameters and buffers of a module.</summary>
    /// <param name="module">The module; it is not changed.</param>
    /// <exception cref="ModelException">
    /// Values are on meta (<see cref="ModelErrorIds.ValuesMissing"/>) or on another device than the CPU, or are of a kind that no file
    /// keeps (<see cref="ModelErrorIds.ModuleUnsupported"/>); all of them are named.
    /// </exception>
    /// <exception cref="LowMem.Loader.Native.NativeLibraryNotFoundException">libtorch is not there or does not load.</exception>
    public static ModuleExport Of(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return new ModuleExport(module);
    }

    /// <summary>Lets go of the memory.</summary>
    public void Dispose()
    {
        held.ForEach(tensor => tensor.Dispose());
        held.Clear();
    }

    private static void Check(List<ModuleParameter> parameters)
    {
        if (parameters.Count == 0)
        {
            throw new ModelException(ModelErrorIds.ModuleUnsupported, "The module has no parameters and no buffers, so there is nothing to save.");
        }

        Refuse(
            parameters.Where(parameter => parameter.Device == "meta"),
            ModelErrorIds.ValuesMissing,
            "are on meta and have no values. Load a checkpoint with Import-ModelLowMemory first");
        Refuse(
            parameters.Where(parameter => parameter.Device != "cpu"),
            ModelErrorIds.ModuleUnsupported,
            "are on another device than the CPU. Move the module with its method cpu() first");
        Refuse(
            parameters.Where(parameter => parameter.Tensor.is_sparse || DType.Find(parameter.DType) is not { ByteSize: > 0, Kind: not DTypeKind.Quantized }),
            ModelErrorIds.ModuleUnsupported,
            "are sparse or quantized, which cannot be saved from a module");
    }

    private static void Refuse(IEnumerable<ModuleParameter> refused, string errorId, string why)
    {
        string[] names = [.. refused.Select(parameter => parameter.Key)];
        if (names.Length > 0)
        {
            throw new ModelException(
                errorId, $"{names.Length} {(names.Length == 1 ? "entry" : "entries")} of the state dict ({DisplayText.Names(names, MaxNamed)}) {why}.");
        }
    }

    private Checkpoint Describe(nn.Module module, List<ModuleParameter> parameters)
    {
        string name = module.GetName();
        var location = new TensorMemoryLocation($"module {name}");
        var entries = parameters.ConvertAll(parameter => (Parameter: parameter, View: Hold(parameter)));

        // As far as anything here reaches: what a storage holds beside that belongs to nobody who is saved.
        var lengths = entries.GroupBy(entry => entry.View.Storage).ToDictionary(group => group.Key, group => group.Max(entry => entry.View.End));
        var places = new Dictionary<nint, StoragePlace>();
        foreach (var (_, view) in entries)
        {
            if (!places.ContainsKey(view.Storage))
            {
                long length = lengths[view.Storage];
                string key = places.Count.ToString(CultureInfo.InvariantCulture);
                places.Add(view.Storage, new StoragePlace(key, location.Add(view.Storage, length), length));
            }
        }

        var builder = new CheckpointBuilder(location.Name, Format, location.File);
        foreach (var (path, part) in ModuleTree.Walk(module))
        {
            builder.AddModule(path, StateDictVersions.Of(part));
        }

        foreach (var (parameter, view) in entries)
        {
            builder.Add(
                parameter.Key, DType.Get(parameter.DType), view.Shape, view.Stride, places[view.Storage], view.Start, parameter is { IsBuffer: false, RequiresGrad: true });
        }

        return builder.Build();
    }

    /// <summary>Where a tensor is; the memory stays from now on.</summary>
    private View Hold(ModuleParameter parameter)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();

        // The one that is computed with: TorchSharp may show another one.
        var tensor = (parameter.Native?.Used ?? parameter.Tensor).detach();
        if (tensor.is_neg() || tensor.is_conj())
        {
            tensor = tensor.resolve_neg().resolve_conj();
        }

        held.Add(tensor.DetachFromDisposeScope());
        long size = tensor.element_size();
        long start = checked(tensor.storage_offset() * size);
        long[] shape = tensor.shape;
        long[] stride = tensor.stride();
        long last = shape.Contains(0) ? -1 : shape.Zip(stride, (count, step) => (count - 1) * step).Sum();
        nint address = shape.Contains(0) ? 0 : NativeTensors.AddressOf(tensor);
        return shape.Contains(0)
            ? new View(0, 0, 0, shape, stride)
            : new View(checked((nint)(address - start)), start, checked(start + ((last + 1) * size)), shape, stride);
    }

    /// <param name="Storage">The address of the storage; 0 for what has no elements.</param>
    /// <param name="Start">Where the tensor starts in it, in bytes.</param>
    /// <param name="End">Where the tensor ends in it.</param>
    /// <param name="Shape">Its shape.</param>
    /// <param name="Stride">Its steps.</param>
    private sealed record View(nint Storage, long Start, long End, long[] Shape, long[] Stride);
}

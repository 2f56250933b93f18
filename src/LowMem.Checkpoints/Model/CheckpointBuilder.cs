using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints;

/// <summary>
/// Describes tensors that somebody else keeps, such as those of a module in memory, as a checkpoint: what writes, compares or looks at
/// checkpoints then takes them, too. Their bytes come from the location of the file.
/// </summary>
/// <param name="path">What the checkpoint is called.</param>
/// <param name="format">What it is.</param>
/// <param name="file">The source of the bytes, by the name and the version that its location gives it.</param>
public sealed class CheckpointBuilder(string path, string format, CheckpointFile file)
{
    private readonly List<TensorInfo> tensors = [];
    private readonly List<KeyValuePair<string, long?>> modules = [];

    /// <summary>Adds a tensor.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="type">The type of its elements.</param>
    /// <param name="shape">The size of each dimension, in elements.</param>
    /// <param name="stride">The step of each dimension, in elements of the storage.</param>
    /// <param name="storage">Its storage. Tensors of one storage share what they have in common.</param>
    /// <param name="start">Where its first element is, in bytes from the start of the storage.</param>
    /// <param name="requiresGrad">Whether it wants a gradient.</param>
    /// <exception cref="ArgumentException">The tensor is not inside its storage, or the storage not inside the file.</exception>
    public void Add(string key, DType type, long[] shape, long[] stride, StoragePlace storage, long start = 0, bool requiresGrad = false)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(stride);
        ArgumentNullException.ThrowIfNull(storage);
        if (shape.Length != stride.Length || shape.Any(size => size < 0) || stride.Any(step => step < 0))
        {
            throw new ArgumentException("Every dimension has a size and a step, and neither is negative.", nameof(stride));
        }

        long count = StridedLayout.CountElements(shape);
        if (storage.Offset < 0 || storage.ByteLength < 0 || storage.ByteLength > file.Length - storage.Offset || start < 0
            || (count > 0 && type.GetByteLength(StridedLayout.Extent(shape, stride)) > storage.ByteLength - start))
        {
            throw new ArgumentException($"The tensor does not lie inside its storage, or the storage not inside the {file.Length} bytes that there are.", nameof(storage));
        }

        tensors.Add(new TensorInfo
        {
            Key = key,
            DType = type.Name,
            Shape = [.. shape],
            Stride = [.. stride],
            ElementCount = count,
            ByteLength = type.GetByteLength(count),
            Offset = checked(storage.Offset + start),
            StorageKey = storage.Key,
            IsContiguous = StridedLayout.IsContiguous(shape, stride),
            RequiresGrad = requiresGrad,
            Path = file.Path,
            Checkpoint = path,
            Format = format,
            Storage = new StorageExtent(storage.Offset, storage.ByteLength),
            StorageStart = start,
        });
    }

    /// <summary>Notes the version of the class of a module, as PyTorch does in a state dict.</summary>
    /// <param name="key">The path of the module; empty for the root.</param>
    /// <param name="version">The version; 1 unless PyTorch says otherwise.</param>
    public void AddModule(string key, long version) => modules.Add(new(key, version));

    /// <summary>The checkpoint.</summary>
    public Checkpoint Build() => new()
    {
        Path = path,
        Format = format,
        Tensors = [.. tensors],
        Files = [file],
        StateDicts = modules.Count == 0 ? [] : [new StateDictNotes(string.Empty, [.. modules])],
    };
}

/// <summary>The place of a storage.</summary>
/// <param name="Key">Its name, which no other storage has.</param>
/// <param name="Offset">Where its first byte is, from the start of the file.</param>
/// <param name="ByteLength">How many bytes it has.</param>
public sealed record StoragePlace(string Key, long Offset, long ByteLength);

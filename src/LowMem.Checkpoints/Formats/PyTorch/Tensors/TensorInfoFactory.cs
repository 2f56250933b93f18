using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Storages;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>Makes a <see cref="TensorInfo"/> of a description, with every extent checked against the storage.</summary>
internal sealed class TensorInfoFactory(
    RandomAccessSource file, string checkpoint, string format, IStorageResolver storages)
{
    /// <summary>The name given to an element type that the file does not state.</summary>
    private const string UnknownType = "unknown";

    /// <exception cref="TensorProblemException">The tensor does not fit its storage.</exception>
    public TensorInfo Create(string key, TensorDescription description)
    {
        try
        {
            return CreateChecked(key, description);
        }
        catch (OverflowException)
        {
            throw new TensorProblemException(FindingCodes.TensorInvalid, "its size does not fit 64 bits");
        }
    }

    /// <inheritdoc cref="IStorageResolver.FindPlain"/>
    public long FindPlainStorage(long key, long byteLength) => storages.FindPlain(key, byteLength);

    /// <summary>A tensor that is at fault: listed with what is known, and unreadable.</summary>
    public TensorInfo CreateFaulty(string key, TensorDescription? description, string reason) => new()
    {
        Key = key,
        DType = description is null ? UnknownType : TensorRebuilder.TypeOf(description)?.Name ?? UnknownType,
        Shape = description?.Shape ?? [],
        Stride = description?.Stride ?? [],
        ElementCount = 0,
        ByteLength = 0,
        Offset = -1,
        IsContiguous = false,
        RequiresGrad = description?.RequiresGrad ?? false,
        Path = file.Name,
        Checkpoint = checkpoint,
        Format = format,
        Layout = description?.Layout ?? TensorLayouts.Strided,
        UnreadableReason = reason,
    };

    private TensorInfo CreateChecked(string key, TensorDescription description)
    {
        long[] shape = description.Shape;
        long[] stride = description.Layout == TensorLayouts.Strided
            ? description.Stride ?? StridedLayout.ContiguousStrides(shape)
            : [];
        if (description.Layout == TensorLayouts.Strided && stride.Length != shape.Length)
        {
            throw new TensorProblemException(
                FindingCodes.TensorInvalid, $"it has {shape.Length} dimensions and {stride.Length} strides");
        }

        var storage = description.Content ?? (description.StorageId is null ? null : storages.Resolve(description.StorageId));
        var type = description.Type ?? storage?.Type;
        if (type is null && storage is not null)
        {
            throw new TensorProblemException(FindingCodes.TensorInvalid, "neither it nor its storage states an element type");
        }

        long elements = StridedLayout.CountElements(shape);
        long start = storage is null ? 0 : Place(description, shape, stride, storage, type!);
        return new TensorInfo
        {
            Key = key,
            DType = type?.Name ?? UnknownType,
            Shape = shape,
            Stride = stride,
            ElementCount = elements,
            ByteLength = type?.GetByteLength(elements) ?? 0,
            Offset = storage is { Extent.Offset: >= 0 } ? checked(storage.Extent.Offset + start) : -1,
            StorageKey = storage?.Key,
            IsContiguous = description.Layout == TensorLayouts.Strided && StridedLayout.IsContiguous(shape, stride),
            RequiresGrad = description.RequiresGrad,
            Path = storage?.Path ?? file.Name,
            Checkpoint = checkpoint,
            Format = format,
            Layout = description.Layout,
            IsConjugated = description.IsConjugated,
            IsNegated = description.IsNegated,
            Quantization = description.Quantization,
            Components = CreateComponents(key, description),
            UnreadableReason = description.UnreadableReason ?? storage?.UnreadableReason ?? PackingProblem(type, stride, shape, description),
            Storage = storage?.Extent,
            StorageStart = start,
        };
    }

    /// <summary>A component at fault makes the tensor one: its parts are of no use without each other.</summary>
    private IReadOnlyDictionary<string, TensorInfo> CreateComponents(string key, TensorDescription description)
    {
        if (description.Components.Count == 0)
        {
            return TensorInfo.NoComponents;
        }

        var components = new OrderedDictionary<string, TensorInfo>(description.Components.Count);
        foreach (var (name, component) in description.Components)
        {
            components[name] = CreateChecked($"{key}.{name}", component);
        }

        return components;
    }

    /// <summary>Elements smaller than a byte can only be read whole, in the order in which they are packed.</summary>
    private static string? PackingProblem(DType? type, long[] stride, long[] shape, TensorDescription description) =>
        type is { ByteSize: 0 }
        && (!StridedLayout.IsContiguous(shape, stride) || description.StorageOffset % 8 * type.BitSize % 8 != 0)
            ? "its elements are smaller than a byte and not packed in order"
            : null;

    /// <summary>Where the first element is in the storage, in bytes, once all of it is known to lie inside.</summary>
    private static long Place(
        TensorDescription description, long[] shape, long[] stride, ResolvedStorage storage, DType type)
    {
        long extent = StridedLayout.Extent(shape, stride);
        long end = type.GetByteLength(checked(description.StorageOffset + extent));
        if (extent > 0 && end > storage.ViewLength)
        {
            throw new TensorProblemException(
                FindingCodes.TensorOutOfBounds,
                $"it needs {end} bytes of storage '{DisplayText.Name(storage.Key)}', which has {storage.ViewLength}");
        }

        // An empty tensor has no first element; its place is the start of the storage.
        return extent == 0 ? 0 : checked(storage.ViewOffset + type.GetByteLength(description.StorageOffset));
    }
}

using System.Globalization;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Storages;

/// <summary>
/// What a persistent id says about a storage: <c>('storage', class, key, location, numel)</c>, and in files from before
/// the zip format one item more, <c>None</c> or <c>(view key, offset, numel)</c>.
/// </summary>
/// <param name="Key">The name of the storage in the file.</param>
/// <param name="Type">The element type, or null for an untyped storage.</param>
/// <param name="ElementCount">The number of elements; bytes for an untyped storage.</param>
/// <param name="ByteLength">The number of bytes.</param>
/// <param name="View">The part of the storage that is meant, or null for all of it.</param>
internal sealed record StorageReference(string Key, DType? Type, long ElementCount, long ByteLength, StorageView? View)
{
    private const int MaxKeyLength = 256;

    /// <summary>The bytes of an element; those of a sub-byte type are counted in bytes, like those of no type.</summary>
    public static int ElementSize(DType? type) => type is { ByteSize: > 0 } ? type.ByteSize : 1;

    /// <summary>Reads the tuple; null when it is not the id of a storage.</summary>
    public static StorageReference? TryParse(PicklePersistentId id) => TryParse(id.Id);

    /// <inheritdoc cref="TryParse(PicklePersistentId)"/>
    public static StorageReference? TryParse(PickleNode id)
    {
        if (id is not PickleSequence { Kind: PickleSequenceKind.Tuple, Count: >= 5 } tuple
            || tuple[0] is not PickleScalar { Value: "storage" }
            || tuple[1] is not PickleGlobal { FullName.Length: <= RebuildArguments.LongestName } type
            || !StorageClasses.TryGetElementType(type.FullName, out var elementType)
            || tuple[2] is not PickleScalar { Value: string or long } key
            || TryGetBytes(tuple[4], elementType) is not { } byteLength)
        {
            return null;
        }

        StorageView? view = null;
        if (tuple.Count > 5 && tuple[5] is PickleSequence { Count: 3 } part)
        {
            if (TryGetBytes(part[1], elementType) is not { } viewOffset || TryGetBytes(part[2], elementType) is not { } viewLength)
            {
                return null;
            }

            view = new StorageView(viewOffset, viewLength);
        }

        // A key is a small number or an address; a long text would be compared once for each tensor that names it.
        string name = Convert.ToString(key.Value, CultureInfo.InvariantCulture)!;
        if (name.Length > MaxKeyLength)
        {
            return null;
        }

        return new StorageReference(name, elementType, byteLength / ElementSize(elementType), byteLength, view);
    }

    private static long? TryGetBytes(PickleNode count, DType? type) =>
        count is PickleScalar { Value: long value and >= 0 } && value <= long.MaxValue / ElementSize(type)
            ? value * ElementSize(type)
            : null;
}

/// <summary>A part of a storage, which early versions of PyTorch could use as a storage of its own.</summary>
/// <param name="ByteOffset">Where it starts in the storage.</param>
/// <param name="ByteLength">The bytes it has.</param>
internal sealed record StorageView(long ByteOffset, long ByteLength);

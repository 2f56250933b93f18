using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch;

/// <summary>What a persistent id says about a storage: <c>('storage', class, key, location, numel)</c>.</summary>
/// <param name="Key">The name of the storage in the file.</param>
/// <param name="Type">The element type, or null for an untyped storage.</param>
/// <param name="ElementCount">The number of elements; bytes for an untyped storage.</param>
/// <param name="ByteLength">The number of bytes.</param>
internal sealed record StorageReference(string Key, DType? Type, long ElementCount, long ByteLength)
{
    /// <summary>Reads the tuple; null when it is not the id of a storage.</summary>
    public static StorageReference? TryParse(PicklePersistentId id)
    {
        if (id.Id is not PickleSequence { Kind: PickleSequenceKind.Tuple, Count: >= 5 } tuple
            || tuple[0] is not PickleScalar { Value: "storage" }
            || tuple[1] is not PickleGlobal type
            || !StorageClasses.TryGetElementType(type.FullName, out var elementType)
            || tuple[2] is not PickleScalar { Value: string or long } key
            || tuple[4] is not PickleScalar { Value: long count and >= 0 })
        {
            return null;
        }

        // A storage of a sub-byte type counts its bytes.
        long size = elementType is { ByteSize: > 0 } ? elementType.ByteSize : 1;
        if (count > long.MaxValue / size)
        {
            return null;
        }

        string name = Convert.ToString(key.Value, System.Globalization.CultureInfo.InvariantCulture)!;
        return new StorageReference(name, elementType, count, count * size);
    }
}

using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Storages;

/// <summary>Finds the bytes of storages; each PyTorch format keeps them in its own way.</summary>
internal interface IStorageResolver
{
    /// <summary>The place of a storage.</summary>
    /// <exception cref="TensorProblemException">The file has no such storage, or one of another size.</exception>
    ResolvedStorage Resolve(PicklePersistentId id);

    /// <summary>
    /// Where a storage starts whose bytes lie in the file as they are, with nothing to be said about it, and which tensors know
    /// by that number; -1 for every other, and where finding out takes more than <see cref="Resolve"/> does.
    /// </summary>
    /// <param name="key">Its name, a number.</param>
    /// <param name="byteLength">The bytes that it is to have.</param>
    long FindPlain(long key, long byteLength) => -1;
}

/// <summary>A storage and where its bytes are.</summary>
/// <param name="Key">Its name; equal names are one storage. Null when it has none.</param>
/// <param name="Type">The element type, or null for an untyped storage.</param>
/// <param name="Extent">The bytes.</param>
/// <param name="UnreadableReason">Why they cannot be read although they are there, or null.</param>
internal sealed record ResolvedStorage(string? Key, DType? Type, StorageExtent Extent, string? UnreadableReason = null)
{
    /// <summary>The file it is in; null for the one that the description is in.</summary>
    public string? Path { get; init; }

    /// <summary>Where the part starts that tensors see, in bytes from the start of the storage.</summary>
    public long ViewOffset { get; init; }

    /// <summary>How many bytes that part has.</summary>
    public long ViewLength { get; init; } = Extent.ByteLength;
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Storages;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Legacy;

/// <summary>The places of storages that were found by going through the file.</summary>
/// <param name="origin">Where the file begins in the whole that it is a part of.</param>
internal sealed class StorageTable(long origin) : IStorageResolver
{
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    /// <summary>The storages whose places are known.</summary>
    /// <param name="path">The file.</param>
    public IEnumerable<StoredStorage> List(string path) => entries
        .Where(entry => entry.Value.Extent is not null)
        .Select(entry => new StoredStorage(path, entry.Key, entry.Value.Extent!.ByteLength));

    /// <summary>Adds a storage at a place in the file, or nowhere (-1); false when there is one of that name.</summary>
    public bool Add(string key, long offset, long byteLength) => Add(key, new StorageExtent(offset < 0 ? -1 : origin + offset, byteLength));

    /// <inheritdoc cref="Add(string, long, long)"/>
    public bool Add(string key, StorageExtent extent) => entries.TryAdd(key, new Entry(extent, string.Empty, string.Empty));

    /// <summary>Adds a storage that is at fault; false when there is one of that name.</summary>
    public bool AddFaulty(string key, string code, string message) =>
        entries.TryAdd(key, new Entry(null, code, message));

    public ResolvedStorage Resolve(PicklePersistentId id)
    {
        var reference = StorageReference.TryParse(id)
            ?? throw new TensorProblemException(FindingCodes.TensorInvalid, "its persistent id is not that of a storage");
        string name = DisplayText.Name(reference.Key);
        if (!entries.TryGetValue(reference.Key, out var entry))
        {
            throw new TensorProblemException(FindingCodes.StorageMissing, $"the file has no storage '{name}'");
        }

        if (entry.Extent is not { } extent)
        {
            throw new TensorProblemException(entry.Code, entry.Message);
        }

        if (extent.ByteLength != reference.ByteLength)
        {
            throw new TensorProblemException(
                FindingCodes.StorageSizeMismatch,
                $"storage '{name}' should be {reference.ByteLength} bytes, and the file has {extent.ByteLength}");
        }

        var storage = new ResolvedStorage(reference.Key, reference.Type, extent);
        return reference.View is { } view ? ViewOf(storage, view, name) : storage;
    }

    /// <summary>A part of a storage, which the tensor may not leave.</summary>
    private static ResolvedStorage ViewOf(ResolvedStorage storage, StorageView view, string name) =>
        view.ByteLength <= storage.Extent.ByteLength - view.ByteOffset
            ? storage with { ViewOffset = view.ByteOffset, ViewLength = view.ByteLength }
            : throw new TensorProblemException(
                FindingCodes.TensorOutOfBounds,
                $"its view of storage '{name}' is {view.ByteLength} bytes at {view.ByteOffset}, and the storage has {storage.Extent.ByteLength}");

    private sealed record Entry(StorageExtent? Extent, string Code, string Message);
}

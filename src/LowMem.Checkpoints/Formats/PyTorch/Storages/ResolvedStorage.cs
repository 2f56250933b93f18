namespace LowMem.Checkpoints.Formats.PyTorch.Storages;

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

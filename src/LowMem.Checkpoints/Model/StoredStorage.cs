namespace LowMem.Checkpoints;

/// <summary>A storage that a file holds, whether or not a tensor uses it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Key">The name by which tensors know it, as <see cref="TensorInfo.StorageKey"/>.</param>
/// <param name="ByteLength">Its size.</param>
internal sealed record StoredStorage(string Path, string Key, long ByteLength);

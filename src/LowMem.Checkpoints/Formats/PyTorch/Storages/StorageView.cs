namespace LowMem.Checkpoints.Formats.PyTorch.Storages;

/// <summary>A part of a storage, which early versions of PyTorch could use as a storage of its own.</summary>
/// <param name="ByteOffset">Where it starts in the storage.</param>
/// <param name="ByteLength">The bytes it has.</param>
internal sealed record StorageView(long ByteOffset, long ByteLength);

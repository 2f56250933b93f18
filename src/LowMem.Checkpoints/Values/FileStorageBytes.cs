using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Values;

/// <summary>A storage that lies in a file as it is.</summary>
internal sealed class FileStorageBytes(CheckpointFileReader file, long storageOffset, string what) : IStorageBytes
{
    public ReadOnlyMemory<byte>? Content => null;

    public void Read(long offset, Span<byte> destination) => file.ReadAt(storageOffset + offset, destination, what);
}

using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Values;

/// <summary>A storage that lies in a file as it is.</summary>
internal sealed class FileStorageBytes(RandomAccessSource file, long storageOffset, string what, CancellationToken cancellationToken) : IStorageBytes
{
    public ReadOnlyMemory<byte>? Content => null;

    public void Read(long offset, Span<byte> destination) => file.Read(storageOffset + offset, destination, what, cancellationToken);
}

using LowMem.Checkpoints.IO;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// A pickle that lies in a file with other things behind it, so that only reading it tells where it ends. What is read
/// ahead is a fixed, small number of bytes.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="offset">Where the pickle starts.</param>
/// <param name="end">Where it ends at the latest.</param>
internal sealed class FilePickleInput(CheckpointFileReader file, long offset, long end) : IPickleInput
{
    private const int WindowLength = 64 << 10;

    public long Length => end - offset;

    public ReadOnlyMemory<byte> Read(long position, long atLeast) =>
        file.ReadRange(offset + position, Math.Min(Length - position, Math.Max(atLeast, WindowLength)), "the pickle");
}

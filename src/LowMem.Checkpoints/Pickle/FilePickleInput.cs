using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// A pickle that lies in a file with other things behind it, so that only reading it tells where it ends. What is read
/// ahead is no more than what has been read, and never much: there may be a hundred thousand short pickles.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="offset">Where the pickle starts.</param>
/// <param name="end">Where it ends at the latest.</param>
internal sealed class FilePickleInput(RandomAccessSource file, long offset, long end) : IPickleInput
{
    private const int MaxWindow = 64 << 10;

    private byte[] buffer = [];
    private int window = 512;

    public long Length => end - offset;

    /// <summary>The window holds until the next one is read: a large pickle would leave as much garbage as it has bytes.</summary>
    public ArraySegment<byte> Read(long position, long atLeast)
    {
        long length = Math.Min(Length - position, Math.Max(atLeast, window));
        window = Math.Min(2 * window, MaxWindow);
        if (length > MaxWindow)
        {
            return file.ReadRange(offset + position, length, "the pickle");
        }

        if (buffer.Length < length)
        {
            buffer = GC.AllocateUninitializedArray<byte>((int)length);
        }

        file.Read(offset + position, buffer.AsSpan(0, (int)length), "the pickle");
        return new ArraySegment<byte>(buffer, 0, (int)length);
    }

    public IPickleInput Share() => new FilePickleInput(file, offset, end);
}

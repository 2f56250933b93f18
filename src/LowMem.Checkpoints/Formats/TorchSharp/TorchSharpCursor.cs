
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.TorchSharp;

/// <summary>Reads numbers and names from a file and passes over the elements between them.</summary>
internal sealed class TorchSharpCursor(RandomAccessSource file)
{
    private const int WindowLength = 4096;

    /// <summary>Where each read takes a while, the start of the file is there already, and most files are told by that.</summary>
    private const int FarWindowLength = 256;

    private readonly int windowLength = file.Far is null ? WindowLength : FarWindowLength;

    private byte[] window = [];
    private long windowStart;

    /// <summary>Where the next byte is read; past the end of the file after a jump that leads there.</summary>
    public long Position { get; private set; }

    /// <summary>Whether something was wanted that lies past the end of the file.</summary>
    public bool HitEnd { get; private set; }

    public void Skip(long length) => Position = checked(Position + length);

    /// <summary>A number in LEB128: seven bits a byte, the lowest first. Null when it is cut or does not fit.</summary>
    public long? ReadNumber()
    {
        ulong value = 0;
        for (int shift = 0; shift < 63; shift += 7)
        {
            if (Take(1) is not [var part])
            {
                return null;
            }

            value |= (ulong)(part & 0x7f) << shift;
            if ((part & 0x80) == 0)
            {
                return (long)value;
            }
        }

        return null;
    }

    /// <summary>So many bytes, which are no more than a window holds; empty when they are not there.</summary>
    public ReadOnlySpan<byte> Take(int length)
    {
        if (length > file.Length - Position)
        {
            HitEnd = true;
            return [];
        }

        if (Position < windowStart || Position + length > windowStart + window.Length)
        {
            windowStart = Position;
            window = file.ReadRange(Position, Math.Min(Math.Max(windowLength, length), file.Length - Position), "the header of a tensor");
        }

        var taken = window.AsSpan((int)(Position - windowStart), length);
        Position += length;
        return taken;
    }
}

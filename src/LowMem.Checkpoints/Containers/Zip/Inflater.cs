using System.IO.Compression;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Containers.Zip;

/// <summary>Unfolds deflated ranges of a file, never to more than was announced.</summary>
internal static class Inflater
{
    /// <summary>The least that is read of a compressed entry to see its first bytes.</summary>
    private const int ProbeLength = 4096;

    private const int FirstLength = 1 << 20;

    /// <summary>The first bytes of the content; fewer when it is shorter or its start is not enough to tell.</summary>
    /// <exception cref="InvalidDataException">The bytes are no deflated content.</exception>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    public static byte[] InflateStart(RandomAccessSource file, long offset, long packedLength, int length, string what)
    {
        byte[] packed = file.ReadRange(offset, Math.Min(packedLength, Math.Max(ProbeLength, length)), what);
        var content = new byte[length];
        using var inflater = new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress);
        return content[..inflater.ReadAtLeast(content, content.Length, throwOnEndOfStream: false)];
    }

    /// <exception cref="InvalidDataException">The bytes do not unfold to that length.</exception>
    /// <exception cref="CheckpointException">The file cannot be read, or the content is too large for memory.</exception>
    public static byte[] Inflate(RandomAccessSource file, long offset, long packedLength, long length, string what)
    {
        if (length > Array.MaxLength)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsupported,
                file.Name,
                $"{what} is compressed and {length} bytes, more than the {Array.MaxLength} read here. Save it uncompressed.");
        }

        byte[] packed = file.ReadRange(offset, packedLength, what);
        using var inflater = new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress);

        // The length is a claim: memory grows with what really comes.
        byte[] content = GC.AllocateUninitializedArray<byte>((int)Math.Min(length, FirstLength));
        int done = 0;
        while (true)
        {
            done += inflater.ReadAtLeast(content.AsSpan(done), content.Length - done, throwOnEndOfStream: false);
            if (done < content.Length)
            {
                throw new InvalidDataException($"unfolds to {done} bytes, less than the {length} it claims");
            }

            if (done == length)
            {
                return inflater.ReadByte() < 0
                    ? content
                    : throw new InvalidDataException($"unfolds to more than the {length} bytes it claims");
            }

            Array.Resize(ref content, (int)Math.Min(length, 2L * content.Length));
        }
    }
}

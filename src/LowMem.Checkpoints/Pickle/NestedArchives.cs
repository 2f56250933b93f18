using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// Deflated members of zip archives inside other bytes. Each local header counts, whatever a directory says of it. Stored
/// members need no unfolding: their bytes are looked through as they are.
/// </summary>
internal static class NestedArchives
{
    private const int HeaderLength = 30;
    private const int Deflated = 8;

    private static ReadOnlySpan<byte> Signature => "PK\u0003\u0004"u8;

    /// <summary>Whether there is a local header.</summary>
    public static bool MayHold(ReadOnlySpan<byte> bytes) => bytes.IndexOf(Signature) >= 0;

    /// <summary>What the deflated members unfold to.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="limit">The most bytes that the next member may unfold to; null is given instead when it has more.</param>
    public static IEnumerable<byte[]?> Unfold(ReadOnlyMemory<byte> content, Func<long> limit)
    {
        int place = 0;
        while (content.Span[place..].IndexOf(Signature) is >= 0 and int found)
        {
            place += found;
            if (DataOf(content[place..]) is { } data)
            {
                yield return Inflate(data, limit());
            }

            place += Signature.Length;
        }
    }

    private static ReadOnlyMemory<byte>? DataOf(ReadOnlyMemory<byte> member)
    {
        var header = member.Span;
        if (header.Length < HeaderLength || BinaryPrimitives.ReadUInt16LittleEndian(header[8..]) != Deflated)
        {
            return null;
        }

        int start = HeaderLength
            + BinaryPrimitives.ReadUInt16LittleEndian(header[26..])
            + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        return start < header.Length ? member[start..] : null;
    }

    private static MemoryStream Open(ReadOnlyMemory<byte> data) =>
        MemoryMarshal.TryGetArray(data, out var segment)
            ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
            : new MemoryStream(data.ToArray(), writable: false);

    /// <summary>As far as it unfolds; what is no deflate gives what came before the fault.</summary>
    private static byte[]? Inflate(ReadOnlyMemory<byte> data, long limit)
    {
        using var output = new MemoryStream();
        using var input = new DeflateStream(Open(data), CompressionMode.Decompress);
        byte[] buffer = new byte[16 << 10];
        try
        {
            while (input.Read(buffer) is > 0 and int read)
            {
                if (output.Length + read > limit)
                {
                    return null;
                }

                output.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException)
        {
            // What was unfolded so far is looked at all the same.
        }

        return output.ToArray();
    }
}

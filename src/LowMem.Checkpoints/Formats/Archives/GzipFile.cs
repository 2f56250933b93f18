using System.IO.Compression;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Archives;

/// <summary>Unfolds gzip into memory, within bounds.</summary>
internal static class GzipFile
{
    /// <summary>The most bytes that something compressed may unfold to, to be read from memory.</summary>
    private const long MostUnfolded = 1L << 30;

    private const long AlwaysUnfolded = 16 << 20;
    private const int MostRatio = 16;

    /// <summary>What so many bytes may unfold to: weights hardly shrink, and what shrinks far more is made to take memory.</summary>
    public static long GetLimit(long packedLength) =>
        packedLength > MostUnfolded / MostRatio ? MostUnfolded : Math.Max(AlwaysUnfolded, MostRatio * packedLength);

    public static bool IsGzip(RandomAccessSource file) =>
        file.Length > 18 && file.ReadRange(0, 3, "the start of the file") is [0x1f, 0x8b, 8];

    /// <summary>All of it.</summary>
    /// <exception cref="CheckpointException">It is broken, or too much.</exception>
    public static RandomAccessSource Unfold(RandomAccessSource file, CancellationToken cancellationToken)
    {
        long most = GetLimit(file.Length);
        return UnfoldStart(file, most, out bool isWhole, cancellationToken) is var content && isWhole
            ? content
            : throw new CheckpointException(
                CheckpointErrorIds.Unsupported,
                file.Name,
                $"the gzip file unfolds {file.Length} bytes to more than the {most} that are held in memory here. Unpack it first (gzip -d).");
    }

    /// <summary>The first bytes of what it unfolds to.</summary>
    /// <exception cref="CheckpointException">It is broken.</exception>
    public static RandomAccessSource UnfoldStart(RandomAccessSource file, long most, out bool isWhole, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        byte[] buffer = new byte[64 << 10];
        try
        {
            using var packed = new SourceStream(file, 0, file.Length, "the gzip file");
            using var unfolded = new GZipStream(packed, CompressionMode.Decompress);
            isWhole = false;
            while (content.Length < most)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int read = unfolded.Read(buffer, 0, (int)Math.Min(buffer.Length, most - content.Length));
                if (read == 0)
                {
                    isWhole = true;
                    break;
                }

                content.Write(buffer, 0, read);
            }

            return file.WithContent(content.GetBuffer().AsMemory(0, (int)content.Length), file.Length);
        }
        catch (InvalidDataException exception)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid, file.Name, $"the gzip file is broken: {exception.Message}", exception);
        }
    }
}

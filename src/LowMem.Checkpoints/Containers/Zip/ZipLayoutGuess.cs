namespace LowMem.Checkpoints.Containers.Zip;

/// <summary>
/// Where the content of a record is, as PyTorch lays archives out: behind a local header that is padded so that the content
/// begins at a multiple of 64 (<c>getPadding</c> of caffe2/serialize/inline_container.cc). For what is far away, where a look at
/// each header would be a request.
/// </summary>
internal static class ZipLayoutGuess
{
    private const int HeaderLength = 30;
    private const int PaddingHeader = 4;
    private const int Zip64Header = 4;
    private const int Alignment = 64;

    /// <summary>The sizes behind a record, of 4 or 8 bytes, with the checksum and the mark.</summary>
    private const int Descriptor = 16;
    private const int LongDescriptor = 24;

    /// <summary>The place; null when what follows the record is not where it would be then, or it is no plain storage.</summary>
    public static long? FindDataOffset(ZipArchive archive, ZipEntry entry)
    {
        if (!entry.IsPlain || entry.Length == 0)
        {
            return null;
        }

        var (length, _, header) = entry.GetSizes();
        long start = header + HeaderLength + entry.NameBytes.Length + PaddingHeader;
        if (length >= uint.MaxValue || header >= uint.MaxValue)
        {
            start += Zip64Header + (length >= uint.MaxValue ? 16 : 0) + (header >= uint.MaxValue ? 8 : 0);
        }

        long data = (start + Alignment - 1) / Alignment * Alignment;
        long next = archive.FindNextHeader(entry);
        return next <= archive.DirectoryOffset && next - data - length is 0 or Descriptor or LongDescriptor ? data : null;
    }
}


using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Foreign;

/// <summary>Says what a file is that is no checkpoint. Reads its start, and of one that starts with zeros some more.</summary>
internal static class ForeignContent
{
    private const int ProbeLength = 4096;
    private const int MostZeroBlocks = 256;

    /// <summary>Of fewer bytes nothing can be told.</summary>
    private const int LeastLength = 4;

    /// <summary>What it is; null when that cannot be told.</summary>
    public static ForeignFile? Find(RandomAccessSource file)
    {
        byte[] start = file.ReadRange(0, Math.Min(file.Length, ProbeLength), "the start of the file");
        if (start.Length < LeastLength)
        {
            return null;
        }

        return JoblibFile.FindPacked(file, start)
            ?? ForeignFormats.Find(start)
            ?? ForeignText.Find(start, file.Length)
            ?? (IsZeros(file, start)
                ? new ForeignFile(
                    "a file of zeros",
                    "Its space was set aside, and its content never came: get the file again.")
                : null);
    }

    /// <summary>All of a small file is looked at, and blocks all along a large one.</summary>
    private static bool IsZeros(RandomAccessSource file, byte[] start)
    {
        if (start.AsSpan().ContainsAnyExcept((byte)0))
        {
            return false;
        }

        long step = Math.Max(ProbeLength, file.Length / MostZeroBlocks);
        byte[] block = new byte[ProbeLength];
        for (long offset = 0; offset < file.Length; offset += step)
        {
            var part = block.AsSpan(0, (int)Math.Min(ProbeLength, file.Length - offset));
            file.Read(offset, part, "a block of the file");
            if (part.ContainsAnyExcept((byte)0))
            {
                return false;
            }
        }

        return true;
    }
}

using System.Buffers.Binary;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Containers.Zip;

/// <summary>Compares the header in front of a record with the directory: a reader that streams goes by the header.</summary>
internal static class LocalHeaderCheck
{
    /// <summary>What the two say differently; null when they agree. Sizes that the header leaves open are none.</summary>
    public static string? FindContradiction(ZipEntry entry, ReadOnlySpan<byte> header)
    {
        int method = BinaryPrimitives.ReadUInt16LittleEndian(header[8..]);
        uint compressed = BinaryPrimitives.ReadUInt32LittleEndian(header[18..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[22..]);
        var (known, knownCompressed, _) = entry.GetSizes();
        string? what = method != entry.Method ? $"compression method {method}, the directory {entry.Method}"
            : Differs(compressed, knownCompressed) ? $"{compressed} bytes, the directory {knownCompressed}"
            : Differs(length, known) ? $"{length} bytes of content, the directory {known}"
            : null;
        return what is null ? null : $"the header of zip entry '{DisplayText.Name(entry.Name)}' says {what}";
    }

    private static bool Differs(uint said, long known) => said is not (0 or uint.MaxValue) && said != known;
}

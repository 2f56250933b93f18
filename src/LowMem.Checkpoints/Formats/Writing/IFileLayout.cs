namespace LowMem.Checkpoints.Formats.Writing;

/// <summary>
/// Where everything of a file that is to be written comes, known before a byte of it is: so that the values can be written in any
/// order, by several threads.
/// </summary>
internal interface IFileLayout
{
    /// <summary>The bytes of the whole file.</summary>
    long Length { get; }

    /// <summary>Whether the file has a CRC-32 of each of its blobs.</summary>
    bool HasChecksums { get; }

    /// <summary>Where the values of a blob begin.</summary>
    /// <param name="blob">Its number, from 0.</param>
    long GetOffset(int blob);

    /// <summary>What lies in front of the blobs and between them.</summary>
    IEnumerable<(long Offset, ReadOnlyMemory<byte> Bytes)> GetFixedParts();

    /// <summary>What can only be told when all blobs are there.</summary>
    /// <param name="checksums">The CRC-32 of each blob; not looked at where the file has none.</param>
    IEnumerable<(long Offset, ReadOnlyMemory<byte> Bytes)> GetClosingParts(IReadOnlyList<uint> checksums);
}

using System.Globalization;

namespace LowMem.TestServer;

/// <summary>What somebody asked.</summary>
/// <param name="Path">The path.</param>
/// <param name="Query">The query, with its question mark.</param>
/// <param name="Host">Under which name.</param>
/// <param name="Range">The range; null for the whole.</param>
/// <param name="Headers">All headers.</param>
public sealed record ServedRequest(string Path, string Query, string Host, string? Range, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The bytes of content that were sent.</summary>
    public long BytesSent { get; set; }

    /// <summary>The first and last byte that are asked for, of a file of some bytes.</summary>
    public (long First, long Last) GetRange(long length)
    {
        if (Range is null)
        {
            return (0, length - 1);
        }

        string[] ends = Range["bytes=".Length..].Split('-');
        return (long.Parse(ends[0], CultureInfo.InvariantCulture), Math.Min(length - 1, long.Parse(ends[1], CultureInfo.InvariantCulture)));
    }
}

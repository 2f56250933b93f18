using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Parts;

/// <summary>
/// The checkpoints of a divided job in an order that is the same on every machine, whatever the order in which they were listed,
/// the culture, the case that was typed, or where they are mounted.
/// </summary>
internal sealed class PartList
{
    private PartList(IReadOnlyList<Entry> entries, string digest) => (Entries, Digest) = (entries, digest);

    /// <summary>The checkpoints in that order.</summary>
    public IReadOnlyList<Entry> Entries { get; }

    /// <summary>What identifies the list.</summary>
    public string Digest { get; }

    /// <summary>A checkpoint of the list.</summary>
    /// <param name="Path">Its path here.</param>
    /// <param name="Name">Its path from what all of them have in common, with slashes.</param>
    /// <param name="Input">Its place in what was given.</param>
    /// <param name="Weight">What it costs, in bytes.</param>
    internal sealed record Entry(string Path, string Name, int Input, long Weight);

    /// <summary>Puts a list in order.</summary>
    /// <param name="paths">The paths, in full.</param>
    /// <param name="readsData">Whether all bytes are read; else one checkpoint costs as much as another.</param>
    /// <param name="locate">Where each of them is.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static PartList Create(
        IReadOnlyList<string> paths, bool readsData, Func<string, CheckpointLocation> locate, CancellationToken cancellationToken)
    {
        string[][] segments = [.. paths.Select(path => path.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar))];
        int common = CountCommon(segments);
        var entries = new List<Entry>(paths.Count);
        foreach (var (input, path) in paths.Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            entries.Add(new Entry(path, string.Join('/', segments[input].Skip(common)), input, readsData ? CheckpointWeight.Of(path, locate(path), cancellationToken) : 1));
        }

        entries = [.. entries.OrderBy(entry => entry.Name, StringComparer.OrdinalIgnoreCase).ThenBy(entry => entry.Name, StringComparer.Ordinal).ThenBy(entry => entry.Input)];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in entries)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{entry.Name.ToUpperInvariant()}\0{entry.Weight}\n")));
        }

        return new PartList(entries, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>How many directories all paths begin with; the last name of each is never among them.</summary>
    private static int CountCommon(string[][] segments)
    {
        if (segments.Length == 0)
        {
            return 0;
        }

        int common = segments.Min(names => names.Length) - 1;
        foreach (string[] names in segments)
        {
            int same = 0;
            while (same < common && string.Equals(names[same], segments[0][same], StringComparison.OrdinalIgnoreCase))
            {
                same++;
            }

            common = same;
        }

        return common;
    }
}

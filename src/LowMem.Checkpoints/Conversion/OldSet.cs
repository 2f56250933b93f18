using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Sharded;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Conversion;

/// <summary>What is in the place of the output: a file, or an index with its shards.</summary>
internal sealed class OldSet
{
    private OldSet(bool hasIndex, IReadOnlyList<string> shards)
    {
        HasIndex = hasIndex;
        Shards = shards;
    }

    public bool HasIndex { get; }

    /// <summary>The files that the index names, as it names them; none when there is no index, or it cannot be read.</summary>
    public IReadOnlyList<string> Shards { get; }

    public static OldSet Find(OutputDirectory directory, ConversionDestination destination)
    {
        if (!directory.Exists(destination.IndexName))
        {
            return new OldSet(hasIndex: false, []);
        }

        try
        {
            using var file = CheckpointLocation.Local.Open(directory.GetPath(destination.IndexName));
            return new OldSet(hasIndex: true, ShardIndexParser.Parse(file).Shards);
        }
        catch (CheckpointException)
        {
            return new OldSet(hasIndex: true, []);
        }
    }

    /// <summary>The files that are left over once the output has taken its place, by their names in the directory.</summary>
    public IEnumerable<string> GetStale(OutputDirectory directory, ConversionSet set)
    {
        var destination = set.Destination;
        bool isSharded = set.Files.Count > 1;
        var written = set.Files.ToHashSet(StringComparer.Ordinal);
        IEnumerable<string> old = [.. Shards.Where(name => Path.GetFileName(name) == name), .. HasIndex && !isSharded ? (string[])[destination.IndexName] : [], destination.FileName];
        return old.Where(name => !written.Contains(name) && directory.Exists(name)).Distinct(StringComparer.Ordinal);
    }
}

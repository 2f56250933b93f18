using System.Globalization;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Archives;
using LowMem.Checkpoints.Formats.Folders;
using LowMem.Checkpoints.Formats.PyTorch.Unpacked;
using LowMem.Checkpoints.Formats.Sharded;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Parts;

/// <summary>About the bytes of a checkpoint, from the sizes of its files alone: the same for all who see the same files.</summary>
internal static class CheckpointWeight
{
    /// <param name="path">Its full name.</param>
    /// <param name="location">Where it is.</param>
    /// <param name="cancellationToken">Ends the looking early.</param>
    public static long Of(string path, CheckpointLocation location, CancellationToken cancellationToken)
    {
        string file = ArchivePath.TryParse(path, location)?.File ?? path;
        try
        {
            return location.IsListed ? OfFiles(file, location) : OfAddress(file, location, cancellationToken);
        }
        catch (CheckpointException)
        {
            // Whoever opens it says why it cannot be read.
            return FileSizes.OfFile(file);
        }
    }

    private static long OfFiles(string file, CheckpointLocation location)
    {
        if (location.DirectoryExists(file))
        {
            // Only an archive that was unpacked has files below; else what lies there is another's, such as what a part writes.
            return FileSizes.OfDirectory(file, isDeep: UnpackedRecords.IsPresent(new SourceDirectory(location, file)));
        }

        string directory = location.GetDirectory(file) ?? string.Empty;
        if (!location.FileExists(file))
        {
            string name = Path.GetFileName(file);
            var set = ShardSet.FindAll(location.List(directory).Select(entry => entry.Name)).FirstOrDefault(set => set.Name == name);
            return set?.Shards.Sum(shard => FileSizes.OfFile(Path.Combine(directory, shard.File))) ?? 0;
        }

        if (file.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            using var index = location.Open(file);
            return index.Length + ShardIndexParser.Parse(index).Shards.Sum(shard => FileSizes.OfFile(Path.Combine(directory, shard)));
        }

        return FileSizes.OfFile(file);
    }

    /// <summary>What is asked for is what is asked for to list it, and is kept till then.</summary>
    private static long OfAddress(string address, CheckpointLocation location, CancellationToken cancellationToken)
    {
        using var file = location.DirectoryExists(address)
            ? UnlistedFolderReader.Find(new SourceDirectory(location, address), cancellationToken)
            : location.Open(address, cancellationToken);
        if (!file.Name.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return file.Length;
        }

        // What the index says of the sizes will do: a request for each shard would be one for nothing.
        var index = ShardIndexParser.Parse(file);
        return file.Length
            + (index.Metadata.TryGetValue("total_size", out string? text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long size)
                ? Math.Min(size, long.MaxValue / 4)
                : index.Shards.Sum(shard => LengthOf(SourceDirectory.Of(file), shard, cancellationToken)));
    }

    private static long LengthOf(SourceDirectory directory, string shard, CancellationToken cancellationToken)
    {
        using var file = directory.Open(shard, cancellationToken);
        return file.Length;
    }
}

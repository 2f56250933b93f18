using System.Buffers.Binary;
using LowMem.Checkpoints.Containers.Zip;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Distributed;
using LowMem.Checkpoints.Formats.Folders;
using LowMem.Checkpoints.Formats.Sharded;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Parts;

/// <summary>
/// About the bytes that each machine reads to list a checkpoint before it reads its share, told from a few hundred bytes: headers,
/// directories, pickles, and what lies in front of each record. The same for all who see the same files.
/// </summary>
internal static class OpeningCost
{
    /// <summary>What is read of any file: its first page, the end, a few lines of text, and what is rounded up.</summary>
    public const int OfAnyFile = 32 << 10;

    /// <summary>What is in front of a record of an archive and behind the one before.</summary>
    private const int OfRecord = 128;

    /// <summary>Of formats that say nothing of it in front: as much as of an archive of a few thousand tensors.</summary>
    private const long OfOthers = 1 << 20;

    /// <summary>A piece of a distributed checkpoint has a line in the description, and is an archive of its own.</summary>
    private const int OfPieceByDescription = 20;

    private static readonly string[][] Extensions = [[".safetensors"], [".bin", ".pt", ".pth", ".ckpt"]];

    /// <param name="path">The full name of the checkpoint.</param>
    /// <param name="location">Where it is.</param>
    /// <param name="cancellationToken">Ends the looking early.</param>
    public static long Of(string path, CheckpointLocation location, CancellationToken cancellationToken)
    {
        try
        {
            return location.DirectoryExists(path)
                ? location.IsListed ? OfDirectory(new SourceDirectory(location, path)) : OfFound(path, location, cancellationToken)
                : location.IsListed && !location.FileExists(path) ? OfSet(path, location)
                : OfFile(path, location, cancellationToken);
        }
        catch (Exception exception) when (exception is CheckpointException or InvalidDataException)
        {
            // Whoever opens it says why it cannot be read.
            return OfOthers;
        }
    }

    private static long OfFile(string path, CheckpointLocation location, CancellationToken cancellationToken)
    {
        using var file = location.OpenUnbuffered(path, cancellationToken);
        return Measure(file);
    }

    private static long OfFound(string path, CheckpointLocation location, CancellationToken cancellationToken)
    {
        using var file = UnlistedFolderReader.Find(new SourceDirectory(location, path), cancellationToken);
        return Measure(file);
    }

    /// <summary>A set of shards without an index, by the name that all of them have in common.</summary>
    private static long OfSet(string path, CheckpointLocation location)
    {
        string? parent = location.GetDirectory(path);
        var set = parent is null ? null : ShardSet.FindAll(location.List(parent).Select(entry => entry.Name)).FirstOrDefault(set => set.Name == Path.GetFileName(path));
        return set is null ? OfOthers : OfShards(new SourceDirectory(location, parent!), [.. set.Shards.Select(shard => shard.File)]);
    }

    private static long OfDirectory(SourceDirectory directory)
    {
        string[] names = [.. directory.List().Where(entry => !entry.IsDirectory).Select(entry => entry.Name).Order(StringComparer.Ordinal)];
        if (names.Contains(DistributedReader.MetadataFile))
        {
            using var metadata = directory.Location.OpenUnbuffered(directory.GetName(DistributedReader.MetadataFile));
            return OfAnyFile + (OfPieceByDescription * Math.Min(metadata.Length, OfOthers << 20));
        }

        long described = names.Where(name => name.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase)).Sum(name => FileSizes.OfFile(directory.GetName(name)));
        string[]? shards = Extensions.Select(extensions => names.Where(name => extensions.Contains(Path.GetExtension(name).ToLowerInvariant())).ToArray())
            .FirstOrDefault(found => found.Length > 0);
        return shards is null ? OfOthers : described + OfShards(directory, shards);
    }

    /// <summary>One is much like the other: to look at the first is enough.</summary>
    private static long OfShards(SourceDirectory directory, IReadOnlyList<string> names)
    {
        using var first = directory.Open(names[0]);
        return Measure(first.Exact) * names.Count;
    }

    private static long Measure(RandomAccessSource file)
    {
        if (file.Name.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            var index = ShardIndexParser.Parse(file);
            return file.Length + (index.Shards.Count == 0 ? 0 : OfShards(SourceDirectory.Of(file), index.Shards));
        }

        if (file.Length < sizeof(ulong))
        {
            return OfAnyFile;
        }

        Span<byte> start = stackalloc byte[sizeof(ulong)];
        file.Read(0, start, "the start of the file");
        ulong header = BinaryPrimitives.ReadUInt64LittleEndian(start);
        long described = start.StartsWith("PK\u0003\u0004"u8) ? OfArchive(file)
            : header < (ulong)file.Length ? (long)header
            : Math.Min(file.Length, OfOthers);
        return OfAnyFile + described;
    }

    /// <summary>PyTorch writes the pickle first, so that the directory begins with its length.</summary>
    private static long OfArchive(RandomAccessSource file)
    {
        var (offset, length, count) = ZipDirectoryReader.FindDirectory(file);
        count = Math.Min(count, length / ZipEntry.HeaderLength);
        long pickle = count * OfRecord;
        if (length >= ZipEntry.HeaderLength)
        {
            byte[] start = file.ReadRange(offset, Math.Min(length, 1024), "the central directory");
            bool isWhole = ZipEntry.GetTotalLength(start) is var total && total <= start.Length;
            pickle = isWhole && new ZipEntry(start, 0, 0) is var first && first.Name.EndsWith(".pkl", StringComparison.Ordinal) ? first.Length : pickle;
        }

        return length + Math.Clamp(pickle, 0, file.Length) + (count * OfRecord);
    }
}

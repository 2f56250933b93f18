using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Distributed;
using LowMem.Checkpoints.Formats.Sharded;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Folders;

/// <summary>Opens the checkpoint that a directory holds, and sets of shards that are called by their common name.</summary>
internal static class FolderReader
{
    public static Checkpoint Read(SourceDirectory directory, CancellationToken cancellationToken)
    {
        var listing = FolderListing.Read(directory, cancellationToken);
        var choice = FolderChoice.Choose(listing, cancellationToken);
        switch (choice.Kind)
        {
            case FolderCandidateKind.Shards:
                return ShardSetReader.Read(directory, choice.Shards!, directory.Name, cancellationToken);
            case FolderCandidateKind.Distributed:
                using (var metadata = directory.Open(directory.Location.Combine(choice.Name, DistributedReader.MetadataFile), cancellationToken))
                {
                    return DistributedReader.Read(metadata, directory.Name, cancellationToken);
                }

            default:
                using (var file = directory.Open(choice.Name, cancellationToken))
                {
                    return ContentDetector.Detect(file) == ContentKind.ShardIndex
                        ? ReadIndex(file, listing, cancellationToken)
                        : CheckpointOpener.OpenFile(file, directory.Name, cancellationToken);
                }
        }
    }

    /// <summary>Reads the set of shards of a name such as <c>model-*-of-00003.safetensors</c>; null when the path is none.</summary>
    public static Checkpoint? TryReadSet(SourceDirectory directory, string path, CancellationToken cancellationToken)
    {
        string name = Path.GetFileName(path);
        if (!ShardName.IsSetName(name) || !directory.Location.DirectoryExists(directory.Name))
        {
            return null;
        }

        var sets = ShardSet.FindAll(FolderListing.Read(directory, cancellationToken).Files);
        return sets.FirstOrDefault(set => set.Name == name) is { } found
            ? ShardSetReader.Read(directory, found, path, cancellationToken)
            : null;
    }

    /// <summary>
    /// Libraries differ in what they take when a whole file lies beside the index, so that it has to be told; and indexes are
    /// fetched with all that is small, whose shards were never wanted.
    /// </summary>
    private static Checkpoint ReadIndex(RandomAccessSource file, FolderListing listing, CancellationToken cancellationToken)
    {
        var checkpoint = ShardIndexReader.Read(file, listing.Directory.Name, cancellationToken);
        const string ending = ".index.json";
        string name = Path.GetFileName(file.Name);
        string? whole = name.EndsWith(ending, StringComparison.OrdinalIgnoreCase) ? listing.Find(name[..^ending.Length]).FirstOrDefault() : null;
        if (checkpoint.Files.Count == 0 && FindOther(listing, name, cancellationToken) is { } other)
        {
            return Warn($"none of the shards that the index '{DisplayText.Name(name)}' names could be read, and the directory also holds '{DisplayText.Name(other)}': name that, or take the index away, if it is meant");
        }

        return whole is null || checkpoint.Files.Any(read => Path.GetFileName(read.Path) == whole)
            ? checkpoint
            : Warn($"the directory also holds '{DisplayText.Name(whole)}', which the index '{DisplayText.Name(name)}' does not name and other programs may load instead; the shards of the index were read");

        Checkpoint Warn(string message) => checkpoint with
        {
            Findings =
            [
                .. checkpoint.Findings,
                new CheckpointFinding(FindingSeverity.Warning, FindingCodes.CheckpointBeside, null, null, message),
            ],
        };
    }

    /// <summary>What the checkpoint would be without a file; null when there is none, or it would not be clear.</summary>
    private static string? FindOther(FolderListing listing, string without, CancellationToken cancellationToken)
    {
        try
        {
            return FolderChoice.Choose(listing with { Files = [.. listing.Files.Where(file => file != without)] }, cancellationToken).Name;
        }
        catch (CheckpointException)
        {
            return null;
        }
    }
}

using System.Globalization;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Distributed;

namespace LowMem.Checkpoints.Formats.Folders;

/// <summary>Decides what the checkpoint of a directory is; where several could be meant, says which.</summary>
internal static class FolderChoice
{
    /// <summary>The most candidates that an error names.</summary>
    private const int MostNamed = 10;

    /// <summary>Files whose names say nothing are opened to look at them, up to so many.</summary>
    private const int MostProbed = 1000;

    /// <summary>The most directories below that are looked into.</summary>
    private const int MostFolders = 1000;

    /// <summary>What trainers keep beside the weights: the checkpoint only where there is nothing else.</summary>
    private static readonly string[] TrainingState =
    [
        "optimizer", "scheduler", "scaler", "rng_state", "random_states_", "training_args", "sampler", "dl_state_dict",
    ];

    /// <summary>Files that are looked at by the million and never hold weights.</summary>
    private static readonly HashSet<string> OtherExtensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ".json", ".jsonl", ".txt", ".md", ".py", ".yaml", ".yml", ".csv", ".tsv", ".html", ".xml", ".log", ".sig", ".sha256", ".sum",
        ".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".wav", ".mp3", ".flac", ".mp4", ".parquet", ".arrow", ".distcp",
    };

    /// <exception cref="CheckpointException">There is none, or the names do not say which of several is meant.</exception>
    public static FolderCandidate Choose(FolderListing listing, CancellationToken cancellationToken)
    {
        var sets = ShardSet.FindAll(listing.Files);
        var known = KnownWeights.Libraries.Select(library => library.Find(listing, sets)).Where(found => found.Count > 0).ToList();
        if (known.Count == 0 && KnownWeights.Consolidated.Find(listing, sets) is { Count: > 0 } consolidated)
        {
            known = [consolidated];
        }

        List<FolderCandidate> candidates = [.. known.SelectMany(found => found)];
        if (candidates.Count == 0)
        {
            candidates = FindOtherIndexes(listing);
        }

        if (candidates.Count == 0)
        {
            candidates = FindOthers(listing, sets, cancellationToken);
        }

        return candidates switch
        {
            [var only] => only,
            [] => throw FolderHints.Explain(listing, cancellationToken),
            _ => throw Ambiguous(listing, candidates),
        };
    }

    private static List<FolderCandidate> FindOtherIndexes(FolderListing listing) =>
    [
        .. listing.Files.Where(file => file.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase))
            .Select(file => new FolderCandidate(file, FolderCandidateKind.File)),
    ];

    /// <summary>Shards, single files of any name, and distributed checkpoints one level below.</summary>
    private static List<FolderCandidate> FindOthers(
        FolderListing listing, IReadOnlyList<ShardSet> sets, CancellationToken cancellationToken)
    {
        var inSets = sets.SelectMany(set => set.Shards).Select(shard => shard.File).ToHashSet(StringComparer.Ordinal);
        var found = sets.Select(FolderCandidate.Of).ToList();
        int probed = 0;
        foreach (string file in listing.Files.Where(file => !inSets.Contains(file) && !OtherExtensions.Contains(Path.GetExtension(file))))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (CheckpointSigns.IsNamedLikeOne(file)
                || (probed++ < MostProbed && CheckpointSigns.IsCheckpoint(listing.Directory.Location, listing.GetPath(file), cancellationToken)))
            {
                found.Add(new FolderCandidate(file, FolderCandidateKind.File));
            }
        }

        found.AddRange(listing.Folders.Take(MostFolders)
            .Where(folder => listing.Directory.Below(folder).HasFile(DistributedReader.MetadataFile))
            .Select(folder => new FolderCandidate(folder, FolderCandidateKind.Distributed)));
        if (found.Exists(candidate => !IsTrainingState(candidate.Name)))
        {
            found.RemoveAll(candidate => IsTrainingState(candidate.Name));
        }

        if (found.Count < 2 && (probed > MostProbed || listing.Folders.Count > MostFolders))
        {
            throw new CheckpointException(
                CheckpointErrorIds.NotFound,
                listing.Directory.Name,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the directory holds {listing.Files.Count} files and {listing.Folders.Count} directories, too many to look for the checkpoint among them. Name the file that is meant."));
        }

        return found;
    }

    private static bool IsTrainingState(string name) =>
        TrainingState.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        || name.EndsWith("_optim_states.pt", StringComparison.OrdinalIgnoreCase);

    private static CheckpointException Ambiguous(FolderListing listing, List<FolderCandidate> candidates)
    {
        string names = string.Join(", ", candidates.Take(MostNamed).Select(candidate => $"'{DisplayText.Name(candidate.Name)}'"));
        string more = candidates.Count > MostNamed ? $" and {candidates.Count - MostNamed} more" : string.Empty;
        string how = candidates.Exists(candidate => candidate.Kind == FolderCandidateKind.Shards)
            ? "Name the one that is meant; shards by the name given here, with -LiteralPath"
            : "Name the one that is meant";
        return new CheckpointException(
            CheckpointErrorIds.NotFound,
            listing.Directory.Name,
            string.Create(
                CultureInfo.InvariantCulture,
                $"the directory holds {candidates.Count} checkpoints, and it does not show which one is meant: {names}{more}. {how}: {listing.GetPath(candidates[0].Name)}"));
    }
}

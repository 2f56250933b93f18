namespace LowMem.Checkpoints.Formats.Folders;

/// <summary>Something in a directory that could be its checkpoint.</summary>
/// <param name="Name">How it is named: a file, the name of a set of shards, or a directory below.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Shards">The files, when it is a set of shards without an index; else null.</param>
internal sealed record FolderCandidate(string Name, FolderCandidateKind Kind, ShardSet? Shards = null)
{
    public static FolderCandidate Of(ShardSet shards) => new(shards.Name, FolderCandidateKind.Shards, shards);
}

/// <summary>What a candidate is.</summary>
internal enum FolderCandidateKind
{
    /// <summary>A file: weights, or the index of shards.</summary>
    File,

    /// <summary>Shards without an index, which their numbers put together.</summary>
    Shards,

    /// <summary>A directory with a distributed checkpoint.</summary>
    Distributed,
}

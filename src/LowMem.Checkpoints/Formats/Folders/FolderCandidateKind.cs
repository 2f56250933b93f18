namespace LowMem.Checkpoints.Formats.Folders;

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

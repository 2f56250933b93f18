namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>Where a piece is kept: <c>_StorageInfo</c> of torch/distributed/checkpoint/filesystem.py.</summary>
/// <param name="File">The name of the file, relative to the directory of the checkpoint.</param>
/// <param name="Offset">Where the piece starts in it.</param>
/// <param name="Length">The bytes it takes.</param>
internal sealed record ChunkPlace(string File, long Offset, long Length)
{
    /// <summary>What was done to the bytes when they were written (compressed, ...), or null.</summary>
    public string? Transform { get; init; }
}

namespace LowMem.Checkpoints;

/// <summary>A zip archive that is a part of a file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Offset">Where the archive starts in it.</param>
/// <param name="Length">The bytes it takes.</param>
internal sealed record ArchivePlace(string Path, long Offset, long Length);

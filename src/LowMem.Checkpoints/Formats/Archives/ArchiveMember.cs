namespace LowMem.Checkpoints.Formats.Archives;

/// <summary>A file in an archive.</summary>
/// <param name="Number">Its place in the order of the archive, from 0.</param>
/// <param name="Name">Its name; never used as a path.</param>
/// <param name="Length">The bytes of its content, as the archive says.</param>
internal sealed record ArchiveMember(int Number, string Name, long Length);

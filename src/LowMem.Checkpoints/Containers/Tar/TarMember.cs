namespace LowMem.Checkpoints.Containers.Tar;

/// <summary>A file in a tar archive.</summary>
/// <param name="Name">Its name; never used as a path.</param>
/// <param name="Offset">Where its content starts in the archive.</param>
/// <param name="Length">The bytes of content.</param>
internal sealed record TarMember(string Name, long Offset, long Length)
{
    public long End => Offset + Length;
}

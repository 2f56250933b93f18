namespace LowMem.Checkpoints.Containers.Tar;

/// <summary>The files of a tar archive.</summary>
/// <param name="All">All of them, in the order of the archive.</param>
/// <param name="ByName">Each name once. Of two files with one name the later counts, as in every tar.</param>
/// <param name="HasEnd">Whether the empty block is there that ends every archive.</param>
internal sealed record TarContents(IReadOnlyList<TarMember> All, IReadOnlyDictionary<string, TarMember> ByName, bool HasEnd)
{
    /// <summary>Parts of the archive that are in no file: each goes by what it is, for a message.</summary>
    public required IReadOnlyList<TarMember> Slack { get; init; }
}

using LowMem.Checkpoints.Containers.Zip;

namespace LowMem.Checkpoints.Pickle;

/// <summary>Pickles in the entries of a zip.</summary>
internal static class ZipPickles
{
    /// <summary>The content of an entry that is a pickle: in windows when it is stored as it is, else unfolded at once.</summary>
    /// <inheritdoc cref="ZipArchive.ReadContent(ZipEntry, long, out long)"/>
    public static IPickleInput OpenPickle(this ZipArchive archive, ZipEntry entry, long limit, out long dataOffset)
    {
        if (!entry.IsPlain || entry.Length > limit)
        {
            return new MemoryPickleInput(archive.ReadContent(entry, limit, out dataOffset));
        }

        dataOffset = archive.GetDataOffset(entry);

        // What PyTorch writes next, a line each, lies right behind it.
        const int lines = 1024;
        archive.File.Far?.Fetch(dataOffset, entry.Length + lines, CancellationToken.None);
        return new FilePickleInput(archive.File, dataOffset, dataOffset + entry.Length);
    }
}

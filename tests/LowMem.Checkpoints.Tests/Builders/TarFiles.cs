using System.Formats.Tar;

namespace LowMem.Checkpoints.Tests.Builders;

/// <summary>A tar archive of files, as it comes from <c>tar</c>.</summary>
internal sealed class TarFiles
{
    private readonly List<(string Name, byte[] Content)> files = [];

    public TarFiles Add(string name, byte[] content)
    {
        files.Add((name, content));
        return this;
    }

    public byte[] Build()
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
            }
        }

        return archive.ToArray();
    }
}

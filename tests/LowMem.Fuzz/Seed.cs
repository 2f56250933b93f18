using System.IO.Compression;

namespace LowMem.Fuzz;

/// <summary>What a target starts from: files, each with the files that lie beside it and are left as they are.</summary>
/// <param name="Name">The fixture.</param>
/// <param name="File">The name of the file that is changed.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="Beside">The other files of a fixture that is a directory; empty when it is one file.</param>
internal sealed record Seed(string Name, string File, byte[] Content, IReadOnlyList<(string Name, byte[] Content)> Beside)
{
    /// <summary>Seeds larger than this would spend the time on their weights.</summary>
    private const int MaxLength = 64 << 10;

    public static IReadOnlyList<Seed> Load(string fixtures, FuzzTarget target)
    {
        var seeds = new List<Seed>();
        foreach (string path in Directory.GetFiles(fixtures, target.Pattern).Where(path => !path.EndsWith(".json", StringComparison.Ordinal)).Order())
        {
            byte[] content = System.IO.File.ReadAllBytes(path);
            string name = Path.GetFileName(path);
            seeds.Add(new Seed(name, name, target.Name == "pickle" ? MainPickle(content) : content, []));
        }

        foreach (string directory in Directory.GetDirectories(fixtures, target.Pattern).Order())
        {
            var files = Directory.GetFiles(directory).Order().Select(path => (Name: Path.GetFileName(path), Content: System.IO.File.ReadAllBytes(path))).ToList();
            seeds.AddRange(files.Select(file => new Seed(
                Path.GetFileName(directory), file.Name, file.Content, [.. files.Where(other => other.Name != file.Name)])));
        }

        return [.. seeds.Where(seed => seed.Content.Length is > 0 and <= MaxLength)];
    }

    /// <summary>The pickle inside an archive; empty when there is none.</summary>
    private static byte[] MainPickle(byte[] archive)
    {
        try
        {
            using var zip = new ZipArchive(new MemoryStream(archive));
            using var stream = zip.Entries.First(entry => entry.Name == "data.pkl").Open();
            using var content = new MemoryStream();
            stream.CopyTo(content);
            return content.ToArray();
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or IOException)
        {
            return [];
        }
    }
}

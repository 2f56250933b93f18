namespace LowMem.Fuzz;

/// <summary>A file that is changed, with the files that lie beside it and are left as they are.</summary>
/// <param name="Name">The fixture.</param>
/// <param name="File">The name of the file that is changed.</param>
/// <param name="Content">Its bytes, or the part of them that the target changes.</param>
/// <param name="Source">Where the fixture is.</param>
/// <param name="Beside">The other files of a fixture that is a directory; empty when it is one file.</param>
internal sealed record Seed(string Name, string File, byte[] Content, string Source, IReadOnlyList<(string Name, byte[] Content)> Beside)
{
    /// <summary>What a target starts from.</summary>
    public static IReadOnlyList<Seed> Load(string fixtures, FuzzTarget target)
    {
        var seeds = new List<Seed>();
        foreach (string path in Find(Directory.GetFiles).Where(path => !path.EndsWith(".expected.json", StringComparison.Ordinal)))
        {
            string name = Path.GetFileName(path);
            seeds.Add(new Seed(name, name, target.Envelope.Unwrap(path), path, []));
        }

        foreach (string directory in Find(Directory.GetDirectories))
        {
            // What lies in folders below is there and not changed.
            var files = Directory.GetFiles(directory, "*", SearchOption.AllDirectories).Order()
                .Select(path => (Name: Path.GetRelativePath(directory, path), Content: System.IO.File.ReadAllBytes(path)))
                .ToList();
            seeds.AddRange(files.Where(file => Path.GetFileName(file.Name) == file.Name).Select(file => new Seed(
                Path.GetFileName(directory), file.Name, file.Content, directory, [.. files.Where(other => other.Name != file.Name)])));
        }

        return seeds;

        IEnumerable<string> Find(Func<string, string, string[]> list) =>
            target.Patterns.SelectMany(pattern => list(Path.Combine(fixtures, target.Folder), pattern)).Distinct().Order();
    }
}

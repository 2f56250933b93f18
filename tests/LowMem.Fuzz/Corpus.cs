using System.Security.Cryptography;

namespace LowMem.Fuzz;

/// <summary>The inputs that are worth changing: the fixtures, and everything that took an edge before any other did.</summary>
/// <param name="directory">Where new inputs are kept for a later run, or null.</param>
internal sealed class Corpus(string? directory)
{
    /// <summary>Inputs longer than this would spend the time on their weights.</summary>
    private const int MaxLength = 64 << 10;

    private readonly List<Entry> entries = [];

    public int Count => entries.Count;

    public Seed this[int index] => entries[index].Seed;

    public void Add(Seed seed)
    {
        if (seed.Content.Length is > 0 and <= MaxLength)
        {
            entries.Add(new Entry(seed));
        }
    }

    /// <summary>Writes an input to the directory of the corpus, under a name from which <see cref="Load"/> tells what it is.</summary>
    public void Keep(Seed seed)
    {
        Add(seed);
        if (directory is null || seed.Content.Length > MaxLength)
        {
            return;
        }

        Directory.CreateDirectory(directory);
        string hash = Convert.ToHexStringLower(SHA256.HashData(seed.Content))[..16];
        File.WriteAllBytes(Path.Combine(directory, $"{seed.Name}~{seed.File}~{hash}"), seed.Content);
    }

    /// <summary>What an earlier run kept, of the fixtures that there still are.</summary>
    public IEnumerable<Seed> Load(IReadOnlyList<Seed> fixtures)
    {
        if (directory is null || !Directory.Exists(directory))
        {
            yield break;
        }

        foreach (string path in Directory.GetFiles(directory).Order())
        {
            string[] parts = Path.GetFileName(path).Split('~');
            if (parts.Length == 3 && fixtures.FirstOrDefault(seed => seed.Name == parts[0] && seed.File == parts[1]) is { } fixture)
            {
                yield return fixture with { Content = File.ReadAllBytes(path) };
            }
        }
    }

    /// <summary>One of them: what was taken less often comes first, so new ones have their turn soon.</summary>
    public Seed Pick(Random random)
    {
        var entry = entries[random.Next(entries.Count)];
        var other = entries[random.Next(entries.Count)];
        if (other.Picks < entry.Picks)
        {
            entry = other;
        }

        entry.Picks++;
        return entry.Seed;
    }

    private sealed class Entry(Seed seed)
    {
        public Seed Seed { get; } = seed;

        public long Picks { get; set; }
    }
}

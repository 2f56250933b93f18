namespace LowMem.Loader.Import.Keys;

/// <summary>The prefixes of a checkpoint's keys behind which something stands that is looked for, and what of it.</summary>
/// <typeparam name="T">What is looked for.</typeparam>
internal sealed class PrefixCandidates<T>
    where T : class
{
    private readonly Dictionary<string, HashSet<T>> found = new(StringComparer.Ordinal);

    /// <summary>Looks behind every prefix of every key, as deep as <see cref="KeyPath.MaxDepth"/>.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="find">What the rest of a key stands for; null for nothing.</param>
    public PrefixCandidates(IEnumerable<string> keys, Finder find)
    {
        foreach (var key in keys)
        {
            foreach (var start in KeyPath.GetStarts(key, KeyPath.MaxDepth))
            {
                if (find(key.AsSpan(start)) is not { } thing)
                {
                    continue;
                }

                var prefix = key[..start];
                if (!found.TryGetValue(prefix, out var things))
                {
                    found.Add(prefix, things = new HashSet<T>(ReferenceEqualityComparer.Instance));
                }

                things.Add(thing);
            }
        }

        Most = found.Count == 0 ? 0 : found.Max(entry => entry.Value.Count);
        Best = [.. found.Where(entry => entry.Value.Count == Most).Select(entry => entry.Key)];
    }

    /// <summary>Finds what the rest of a key behind a prefix stands for.</summary>
    /// <param name="rest">The rest.</param>
    public delegate T? Finder(ReadOnlySpan<char> rest);

    /// <summary>How many things are found behind the best prefixes.</summary>
    public int Most { get; }

    /// <summary>The prefixes behind which most things are found, in the order of the keys.</summary>
    public List<string> Best { get; }

    /// <summary>Whether anything is found behind a prefix.</summary>
    public bool Contains(string prefix) => found.ContainsKey(prefix);
}

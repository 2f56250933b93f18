using LowMem.Loader.Import.Keys;
using LowMem.Loader.Skeletons.Definition.Text;

namespace LowMem.Loader.Skeletons.Definition;

/// <summary>Finds the part of a checkpoint that belongs to a definition, when nobody says which it is.</summary>
internal static class DefinitionPrefix
{
    /// <summary>
    /// The usual prefix, unless no key behind it begins with the name of a child of the root; then the prefix behind
    /// which the most children are found, if it is one, or the one of them next to the usual. A DataParallel model is printed with the <c>module</c> that is
    /// otherwise left out, and a state dict may be saved under a name that could be a module.
    /// </summary>
    /// <param name="keys">The keys of all tensors.</param>
    /// <param name="root">The root of the definition.</param>
    public static string Find(IReadOnlyCollection<string> keys, DefinitionNode root)
    {
        string usual = StateDictPrefix.Find(keys);
        var names = root.Children.SelectMany(child => child.Names).ToHashSet(StringComparer.Ordinal);
        if (names.Count == 0)
        {
            return usual;
        }

        var found = CountChildren(keys, names);
        if (found.Count == 0 || found.ContainsKey(usual))
        {
            return usual;
        }

        int most = found.Max(entry => entry.Value.Count);
        var best = found.Where(entry => entry.Value.Count == most).Select(entry => entry.Key).ToList();
        return best.Count == 1
            ? best[0]
            : best.Where(prefix => usual.StartsWith(prefix, StringComparison.Ordinal)).MaxBy(prefix => prefix.Length) ?? usual;
    }

    /// <summary>The children of the root that there are behind each prefix.</summary>
    private static Dictionary<string, HashSet<string>> CountChildren(IReadOnlyCollection<string> keys, HashSet<string> names)
    {
        var found = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (string key in keys)
        {
            int start = 0;
            for (int dot = key.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = key.IndexOf('.', start))
            {
                string name = key[start..dot];
                if (names.Contains(name))
                {
                    string prefix = key[..start];
                    if (!found.TryGetValue(prefix, out var children))
                    {
                        found.Add(prefix, children = new HashSet<string>(StringComparer.Ordinal));
                    }

                    children.Add(name);
                }

                start = dot + 1;
            }
        }

        return found;
    }
}

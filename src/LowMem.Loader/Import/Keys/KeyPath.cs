namespace LowMem.Loader.Import.Keys;

/// <summary>The names that a key is made of.</summary>
internal static class KeyPath
{
    /// <summary>
    /// How many names a prefix may have. A deeper key may exist, but nobody puts a state dict this far down; it bounds the work on
    /// the keys of a hostile file.
    /// </summary>
    public const int MaxDepth = 16;

    /// <summary>Where a name begins: at the start of the key, and behind each dot.</summary>
    /// <param name="key">The key.</param>
    /// <param name="depth">Behind how many dots at most.</param>
    public static IEnumerable<int> GetStarts(string key, int depth)
    {
        yield return 0;
        var dot = key.IndexOf('.', StringComparison.Ordinal);
        for (var i = 0; i < depth && dot >= 0; i++)
        {
            yield return dot + 1;
            dot = key.IndexOf('.', dot + 1);
        }
    }
}

namespace LowMem.Benchmarks;

/// <summary>The page of docs/ that the figures go to.</summary>
internal static class PerformancePage
{
    private const string Start = "<!-- measured: start -->";
    private const string End = "<!-- measured: end -->";

    /// <summary>Replaces what stands between the marks of a page.</summary>
    /// <exception cref="InvalidDataException">The page has no marks.</exception>
    public static void Write(string path, string markdown)
    {
        var page = File.ReadAllText(path);
        var start = page.IndexOf(Start, StringComparison.Ordinal);
        var end = page.IndexOf(End, StringComparison.Ordinal);
        if (start < 0 || end < start)
        {
            throw new InvalidDataException($"'{path}' has no '{Start}' before an '{End}'.");
        }

        File.WriteAllText(path, $"{page[..(start + Start.Length)]}\n\n{markdown.ReplaceLineEndings("\n")}\n{page[end..]}");
    }
}

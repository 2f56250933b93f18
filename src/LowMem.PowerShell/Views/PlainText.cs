using LowMem.Checkpoints.Diagnostics;

namespace LowMem.PowerShell.Views;

/// <summary>
/// Shows text from a file without what a terminal would obey. Only views do that: objects hold the exact text.
/// </summary>
public static class PlainText
{
    private const int LongestCell = 2000;

    /// <summary>The text with what a terminal would obey shown as '?', cut when it is long.</summary>
    /// <param name="text">The text, or null.</param>
    public static string Format(string? text) => DisplayText.Clean(text, LongestCell);

    /// <summary>A name, such as a key.</summary>
    /// <param name="text">The text, or null.</param>
    public static string Name(string? text) => DisplayText.Name(text);

    /// <summary>Names in a row; of many, the first and how many more there are.</summary>
    /// <param name="names">The names, or null.</param>
    public static string Names(IEnumerable<object?>? names)
    {
        const int most = 20;
        return DisplayText.Names([.. (names ?? []).Select(name => name?.ToString() ?? string.Empty)], most);
    }
}

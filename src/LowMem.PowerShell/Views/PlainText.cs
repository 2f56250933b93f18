namespace LowMem.PowerShell.Views;

/// <summary>
/// Shows text from a file without what a terminal would obey. Only views do that: objects hold the exact text.
/// </summary>
public static class PlainText
{
    /// <summary>The text with control characters shown as '?'.</summary>
    /// <param name="text">The text, or null.</param>
    public static string Format(string? text) =>
        string.Concat((text ?? string.Empty).Select(character => char.IsControl(character) ? '?' : character));
}

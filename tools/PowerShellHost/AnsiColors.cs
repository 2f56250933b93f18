namespace LowMem.PowerShellHost;

/// <summary>Colours text with the escape sequences that every terminal of today understands.</summary>
internal static class AnsiColors
{
    private const string Reset = "\e[0m";

    public static string Paint(ConsoleColor foreground, ConsoleColor? background, string text)
    {
        // The engine passes the colours of the raw UI for "as it is".
        string codes = (IsSet(foreground) ? Code(foreground, 30) : "")
            + (background is { } color && IsSet(color) ? Code(color, 40) : "");
        return codes.Length == 0 ? text : codes + text + Reset;
    }

    private static bool IsSet(ConsoleColor color) => (int)color >= 0;

    /// <summary>ConsoleColor counts blue-green-red, ANSI red-green-blue; the bright half is 60 higher.</summary>
    private static string Code(ConsoleColor color, int start)
    {
        int bits = (int)color;
        int ansi = ((bits & 1) << 2) | (bits & 2) | ((bits & 4) >> 2);
        return $"\e[{start + ansi + (bits >= 8 ? 60 : 0)}m";
    }
}

using System.Management.Automation;
using System.Reflection;

namespace LowMem.PowerShell.Views;

/// <summary>How what is drawn looks: how wide it may be, whether it is plain text, and its colours, which are those of $PSStyle.</summary>
/// <param name="Width">The columns of the window.</param>
/// <param name="IsPlain">Whether only the characters of ASCII are used, and no colours.</param>
internal sealed record TerminalStyle(int Width, bool IsPlain)
{
    private const int Utf8 = 65001;

    private const int Utf16 = 1200;

    private const int UsualWidth = 80;

    private const int LeastWidth = 20;

    /// <summary>What is wider is hard to read from end to end.</summary>
    private const int MostWidth = 400;

    // What modules are compiled against does not know $PSStyle, which is there since PowerShell 7.2.
    private static readonly PropertyInfo? PSStyleInstance =
        typeof(PSObject).Assembly.GetType("System.Management.Automation.PSStyle")?.GetProperty("Instance", BindingFlags.Public | BindingFlags.Static);

    // Whether what the thread draws now goes to a file, a variable or a program. To find out takes too long for each of many lines.
    [ThreadStatic]
    private static bool goesAway;

    /// <summary>Whether nothing is cut, since what is drawn does not go to a window.</summary>
    public bool IsWhole { get; init; }

    /// <summary>The columns to draw in. The last one stays free: some terminals go on to the next line once it is written to.</summary>
    public int Room => Width - 1;

    /// <summary>Starts what is less important.</summary>
    public string Dim { get; private init; } = string.Empty;

    /// <summary>Starts a bar.</summary>
    public string Bar { get; private init; } = string.Empty;

    /// <summary>Starts a heading.</summary>
    public string Heading { get; private init; } = string.Empty;

    /// <summary>Starts the label of a list.</summary>
    public string Accent { get; private init; } = string.Empty;

    /// <summary>Ends any of them.</summary>
    public string Reset { get; private init; } = string.Empty;

    /// <summary>A heading. PowerShell counts the characters of a colour where it breaks headings, so that it takes some room.</summary>
    /// <param name="text">The text.</param>
    public string Head(string text) => text.Length + Heading.Length + Reset.Length < Width ? Heading + text + Reset : text;

    /// <summary>The style for what begins now, of which lines follow.</summary>
    public static TerminalStyle Begin()
    {
        goesAway = !Console.IsOutputRedirected && DrawnFor.Text();
        return Detect();
    }

    /// <summary>The style of what is being written to now.</summary>
    public static TerminalStyle Detect()
    {
        object? style = PSStyleInstance?.GetValue(null);
        bool isPlain = Console.IsOutputRedirected
            || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            || Get(style, "OutputRendering")?.ToString() == "PlainText"
            || Console.OutputEncoding.CodePage is not (Utf8 or Utf16);
        return new TerminalStyle(GetWidth(), isPlain)
        {
            IsWhole = Console.IsOutputRedirected || goesAway,
            Accent = isPlain ? string.Empty : Text(Get(style, "Formatting"), "FormatAccent"),
            Dim = isPlain ? string.Empty : Text(Get(style, "Foreground"), "BrightBlack"),
            Bar = isPlain ? string.Empty : Text(Get(style, "Foreground"), "Cyan"),
            Heading = isPlain ? string.Empty : Text(Get(style, "Formatting"), "TableHeader"),
            Reset = isPlain ? string.Empty : Text(style, "Reset"),
        };
    }

    private static int GetWidth()
    {
        try
        {
            // PowerShell takes a window without a height for one of the usual size.
            return Console.WindowWidth is > 0 and var width && Console.WindowHeight > 0 ? Math.Clamp(width, LeastWidth, MostWidth) : UsualWidth;
        }
        catch (Exception exception) when (exception is IOException or PlatformNotSupportedException)
        {
            return UsualWidth;
        }
    }

    private static object? Get(object? item, string property) => item?.GetType().GetProperty(property)?.GetValue(item);

    private static string Text(object? item, string property) => Get(item, property) as string ?? string.Empty;
}

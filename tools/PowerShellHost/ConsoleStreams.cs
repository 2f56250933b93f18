namespace LowMem.PowerShellHost;

/// <summary>The two text streams of the host, and what may be written to them.</summary>
internal sealed class ConsoleStreams
{
    private const int WidthWithoutTerminal = 120;

    public required TextWriter Output { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>True when stderr is a terminal, so that a line may be drawn over.</summary>
    public required bool ErrorIsTerminal { get; init; }

    /// <summary>False when a log would get the escape sequences, or the user asked for none (no-color.org).</summary>
    public required bool UseColor { get; init; }

    /// <summary>The width of a line, in characters.</summary>
    public required int Width { get; init; }

    public static ConsoleStreams OfThisProcess()
    {
        bool noColor = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            || Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new ConsoleStreams
        {
            Output = Console.Out,
            Error = Console.Error,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            UseColor = !noColor && !Console.IsOutputRedirected && !Console.IsErrorRedirected,
            Width = GetWidth(),
        };
    }

    private static int GetWidth()
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), out int columns) && columns is >= 40 and <= 1000)
        {
            return columns;
        }

        // Some terminals of build services report a width of 0.
        return Console.IsOutputRedirected || Console.WindowWidth < 40 ? WidthWithoutTerminal : Console.WindowWidth;
    }
}

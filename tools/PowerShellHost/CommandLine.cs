using System.Management.Automation.Runspaces;

namespace LowMem.PowerShellHost;

/// <summary>What to run: one script file with its arguments, or one piece of script text.</summary>
internal sealed record CommandLine
{
    public const string Usage = """
        Usage: PowerShellHost -File <script.ps1> [arguments of the script]
               PowerShellHost -Command <text>

        Exit code: that of `exit N`; 1 after an uncaught terminating error; 130 after Ctrl+C.
        Output goes to stdout; errors, warnings, verbose text and progress go to stderr.
        """;

    public string? File { get; private init; }

    public IReadOnlyList<CommandParameter> Arguments { get; private init; } = [];

    public string? Command { get; private init; }

    public bool ShowUsage { get; private init; }

    /// <exception cref="CommandLineException">The arguments name nothing to run, or something unknown.</exception>
    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            string[] rest = [.. arguments.Skip(i + 1)];
            switch (arguments[i].ToUpperInvariant())
            {
                // Scripts that start a nested PowerShell pass these; they are how this host always behaves.
                case "-NOLOGO" or "-NOPROFILE" or "-NONINTERACTIVE":
                    continue;
                case "-FILE" or "-F":
                    return ParseFile(rest);
                case "-COMMAND" or "-C":
                    return rest.Length > 0
                        ? new CommandLine { Command = string.Join(' ', rest) }
                        : throw new CommandLineException("-Command needs the text to run.");
                case "-HELP" or "-H" or "-?" or "--HELP":
                    return new CommandLine { ShowUsage = true };
                default:
                    // Like pwsh: a first argument that is no option is a script.
                    return arguments[i].StartsWith('-')
                        ? throw new CommandLineException($"Unknown option '{arguments[i]}'.")
                        : ParseFile([arguments[i], .. rest]);
            }
        }

        throw new CommandLineException("Nothing to run.");
    }

    private static CommandLine ParseFile(string[] fileAndArguments)
    {
        if (fileAndArguments.Length == 0)
        {
            throw new CommandLineException("-File needs the path of a script.");
        }

        string path = Path.GetFullPath(fileAndArguments[0]);
        if (!System.IO.File.Exists(path))
        {
            throw new CommandLineException($"There is no script at '{path}'.");
        }

        if (!path.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase))
        {
            throw new CommandLineException($"'{path}' is not a .ps1 file.");
        }

        return new CommandLine { File = path, Arguments = [.. fileAndArguments.Skip(1).Select(ToParameter)] };
    }

    /// <summary>
    /// The engine takes a name that still has its dash as a token of a command line: it decides, knowing the script's
    /// parameters, whether the next argument is the value of this one.
    /// </summary>
    private static CommandParameter ToParameter(string argument)
    {
        bool isName = argument.Length > 1 && argument[0] == '-' && (char.IsLetter(argument[1]) || argument[1] is '_' or '?');
        if (!isName)
        {
            return new CommandParameter(null, argument);
        }

        int colon = argument.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? new CommandParameter(argument, null)
            : new CommandParameter(argument[..(colon + 1)], ToValue(argument[(colon + 1)..]));
    }

    /// <summary><c>-Switch:$false</c> is the one way to say no to a switch, so these two words are values.</summary>
    private static object ToValue(string text) => text.ToUpperInvariant() switch
    {
        "$TRUE" => true,
        "$FALSE" => false,
        _ => text,
    };
}

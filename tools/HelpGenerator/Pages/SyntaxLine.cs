using System.Text.RegularExpressions;

namespace LowMem.HelpGenerator.Pages;

/// <summary>The line that shows how a cmdlet is called, written as PowerShell writes it.</summary>
internal static partial class SyntaxLine
{
    private const string CommonParameters = "[<CommonParameters>]";

    /// <summary>The names of the parameters in a line, in its order.</summary>
    public static IEnumerable<string> GetNames(string line) =>
        NamePattern().Matches(line).Select(match => match.Groups["name"].Value);

    /// <summary>The line for a parameter set.</summary>
    public static string Render(string command, ParameterSet set) => string.Join(
        ' ', [command, .. set.Parameters.Select(parameter => Render(parameter, set.Name)), CommonParameters]);

    /// <summary>A line that is broken into several counts as the same line.</summary>
    public static string Normalize(string line) => Space().Replace(line, " ").Trim();

    private static string Render(Parameter parameter, string setName)
    {
        var use = parameter.In(setName)!;
        var name = use.IsNamed ? $"-{parameter.Name}" : $"[-{parameter.Name}]";
        var text = parameter.Metadata.IsSwitch ? name : $"{name} <{TypeName.Shorten(parameter.Metadata.Type)}>";
        return use.IsRequired ? text : $"[{text}]";
    }

    [GeneratedRegex(@"(?<=[\s\[])-(?<name>\w+)")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}

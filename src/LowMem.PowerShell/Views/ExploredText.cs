using System.Globalization;
using System.Management.Automation;

namespace LowMem.PowerShell.Views;

/// <summary>
/// What views show of the lines of a tree, of patterns and of groups. Each reads properties of the object, whether that is the object
/// itself or a copy of it from a job.
/// </summary>
internal static class ExploredText
{
    /// <summary>How many types are named.</summary>
    private const int MostTypes = 3;

    /// <summary>A line of a tree as it is drawn.</summary>
    public static string TreeLine(PSObject shown, TerminalStyle style) => new TreeText(style).Line(
        ShownObject.AsText(ShownObject.AsValue(shown, "Branches")),
        PlainText.Name(ShownObject.AsText(ShownObject.AsValue(shown, "Name"))),
        TreeDetail(shown),
        Number(shown, "ParameterCount"),
        Number(shown, "ByteLength"),
        Share(shown));

    /// <summary>A pattern as it is drawn.</summary>
    public static string PatternLine(PSObject shown, TerminalStyle style) => new PatternText(style).Line(
        PlainText.Name(ShownObject.AsText(ShownObject.AsValue(shown, "Pattern"))),
        Number(shown, "Count").ToString(CultureInfo.InvariantCulture),
        PlainText.Name($"{ShownObject.AsNumbers(shown, "Shape")} {ShownObject.AsText(ShownObject.AsValue(shown, "DType"))}"),
        PlainText.Name(string.Join("; ", ShownObject.AsItems(ShownObject.AsValue(shown, "Numbers")).Select(ShownObject.AsText))),
        Number(shown, "ByteLength"),
        Share(shown));

    /// <summary>What a group has in common; of a storage, the keys that share it.</summary>
    public static string GroupName(PSObject shown)
    {
        string name = ShownObject.AsText(ShownObject.AsValue(shown, "Name"));
        return ShownObject.AsText(ShownObject.AsValue(shown, "Grouping")) switch
        {
            "Storage" => PlainText.Names(ShownObject.AsItems(ShownObject.AsValue(shown, "Keys"))),
            "File" => PlainText.Name(System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(name))),
            "Module" when name.Length == 0 => "(none)",
            _ => PlainText.Name(name),
        };
    }

    private static string TreeDetail(PSObject shown)
    {
        long count = Number(shown, "Count");
        string times = count > 1 ? string.Create(CultureInfo.InvariantCulture, $"{count} x") : string.Empty;
        string what = ShownObject.AsValue(shown, "Shape") is not null ? ShownObject.AsNumbers(shown, "Shape")
            : ShownObject.AsText(ShownObject.AsValue(shown, "Contents")) is { Length: > 0 } contents ? $"({contents})"
            : string.Empty;

        // Without tensors of its own, a module is said to have a type only where it is the whole checkpoint.
        string types = what.Length > 0 || Number(shown, "Depth") == 0 ? Types(shown) : string.Empty;
        return PlainText.Name(string.Join(' ', new[] { times, what, types }.Where(text => text.Length > 0)));
    }

    private static string Types(PSObject shown)
    {
        string[] types = [.. ShownObject.AsPairs(ShownObject.AsValue(shown, "DTypes")).Select(pair => pair.Key).Order(StringComparer.Ordinal)];
        return string.Join('+', types.Take(MostTypes)) + (types.Length > MostTypes ? "+..." : string.Empty);
    }

    private static long Number(PSObject shown, string property) =>
        ShownObject.AsValue(shown, property) is { } value ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : 0;

    private static double Share(PSObject shown) =>
        ShownObject.AsValue(shown, "Share") is { } value ? Convert.ToDouble(value, CultureInfo.InvariantCulture) : 0;
}

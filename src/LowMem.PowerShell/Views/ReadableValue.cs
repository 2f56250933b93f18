using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace LowMem.PowerShell.Views;

/// <summary>
/// Gives arrays and dictionaries a text that can be read, which is what a CSV file gets of them. They stay what they are:
/// scripts index them, and JSON has them as they are.
/// </summary>
internal static class ReadableValue
{
    /// <summary>How many items a text holds. Whoever wants more wants JSON.</summary>
    private const int MostItems = 1000;

    /// <summary>A shape, whose text is like <c>10x2</c>; empty for a zero-dim tensor.</summary>
    public static PSObject Shape(long[] sizes) => WithText(sizes, value => Join(value, "x"));

    /// <summary>Numbers, whose text is like <c>2,1</c>.</summary>
    public static PSObject Numbers(long[] numbers) => WithText(numbers, value => Join(value, ","));

    /// <summary>Names, whose text is like <c>a; b</c>.</summary>
    public static PSObject Names(IEnumerable<string> names) => WithText(names, value => Join(value, "; "));

    /// <summary>Any items, whose text is like <c>a; b</c>.</summary>
    public static PSObject Items(object list) => WithText(list, value => Join(value, "; "));

    /// <summary>A dictionary, whose text is like <c>a=1; b=2</c>.</summary>
    public static PSObject Pairs(object dictionary) => WithText(dictionary, value => Join(value, "; "));

    /// <summary>Anything: a list or a dictionary with its text, all else as it is.</summary>
    public static object? Any(object? value) => value is string or not IEnumerable ? value : Items(value);

    // PowerShell keeps members of an object beside it: they are there whenever the same array is seen again.
    private static PSObject WithText(object value, Func<object, string> text)
    {
        var result = PSObject.AsPSObject(value);
        if (result.Methods[nameof(ToString)] is not ReadableText)
        {
            result.Methods.Add(new ReadableText(value, text));
        }

        return result;
    }

    private static string Join(object value, string separator)
    {
        var texts = ((IEnumerable)value).Cast<object?>().Take(MostItems + 1).Select(Text).ToList();
        if (texts.Count > MostItems)
        {
            texts[MostItems] = "...";
        }

        return string.Join(separator, texts);
    }

    /// <summary>One value as text.</summary>
    public static string Text(object? item) => item switch
    {
        null => string.Empty,
        KeyValuePair<string, object?> pair => $"{pair.Key}={Text(pair.Value)}",
        KeyValuePair<string, long> pair => $"{pair.Key}={Text(pair.Value)}",
        KeyValuePair<string, double> pair => $"{pair.Key}={Text(pair.Value)}",
        KeyValuePair<string, string> pair => $"{pair.Key}={pair.Value}",
        KeyValuePair<string, Checkpoints.TensorInfo> pair => pair.Key,
        not string and IEnumerable list => $"[{Join(list, ", ")}]",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => item.ToString() ?? string.Empty,
    };
}

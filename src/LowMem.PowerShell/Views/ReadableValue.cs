using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Reflection;

namespace LowMem.PowerShell.Views;

/// <summary>
/// Gives arrays and dictionaries a text that can be read, which is what a CSV file gets of them. They stay what they are:
/// scripts index them, and JSON has them as they are.
/// </summary>
public static class ReadableValue
{
    /// <summary>How many items a text holds. Whoever wants more wants JSON.</summary>
    private const int MostItems = 1000;

    /// <summary>A shape, whose text is like <c>10x2</c>; empty for a zero-dim tensor.</summary>
    internal static PSObject Shape(long[] sizes) => WithText(sizes, nameof(ShapeText));

    /// <summary>Numbers, whose text is like <c>2,1</c>.</summary>
    internal static PSObject Numbers(long[] numbers) => WithText(numbers, nameof(NumbersText));

    /// <summary>Names, whose text is like <c>a; b</c>.</summary>
    internal static PSObject Names(IEnumerable<string> names) => WithText(names, nameof(NamesText));

    /// <summary>A dictionary, whose text is like <c>a=1; b=2</c>.</summary>
    internal static PSObject Pairs(object dictionary) => WithText(dictionary, nameof(PairsText));

    /// <summary>The sizes of the dimensions, joined by x.</summary>
    /// <param name="value">An array of numbers.</param>
    public static string ShapeText(PSObject value) => Join(value, "x");

    /// <summary>The numbers, joined by commas.</summary>
    /// <param name="value">An array of numbers.</param>
    public static string NumbersText(PSObject value) => Join(value, ",");

    /// <summary>The names, joined by semicolons.</summary>
    /// <param name="value">A list of names.</param>
    public static string NamesText(PSObject value) => Join(value, "; ");

    /// <summary>Names and values, joined by semicolons.</summary>
    /// <param name="value">A dictionary.</param>
    public static string PairsText(PSObject value) => Join(value, "; ");

    // PowerShell keeps members of an object beside it: they are there whenever the same array is seen again.
    private static PSObject WithText(object value, string method)
    {
        var result = PSObject.AsPSObject(value);
        if (result.Methods["ToString"] is not PSCodeMethod)
        {
            result.Methods.Add(new PSCodeMethod("ToString", typeof(ReadableValue).GetMethod(method, BindingFlags.Public | BindingFlags.Static)));
        }

        return result;
    }

    private static string Join(PSObject value, string separator)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.BaseObject is not IEnumerable items)
        {
            return string.Empty;
        }

        var texts = items.Cast<object?>().Take(MostItems + 1).Select(Text).ToList();
        if (texts.Count > MostItems)
        {
            texts[MostItems] = "...";
        }

        return string.Join(separator, texts);
    }

    private static string Text(object? item) => item switch
    {
        null => string.Empty,
        KeyValuePair<string, object?> pair => $"{pair.Key}={Text(pair.Value)}",
        KeyValuePair<string, long> pair => $"{pair.Key}={Text(pair.Value)}",
        KeyValuePair<string, string> pair => $"{pair.Key}={pair.Value}",
        KeyValuePair<string, Checkpoints.TensorInfo> pair => pair.Key,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => item.ToString() ?? string.Empty,
    };
}

using System.Collections;
using System.Globalization;
using System.Text;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Reporting.Pages;

/// <summary>Values of a checkpoint that are no tensors, as bounded text.</summary>
internal static class PageValueText
{
    private const int MostItems = 20;
    private const int MostDepth = 4;

    /// <summary>The text of a value.</summary>
    public static string Of(object? value)
    {
        var text = new StringBuilder();
        Append(text, value, 0);
        return DisplayText.Name(text.ToString());
    }

    private static void Append(StringBuilder text, object? value, int depth)
    {
        switch (value)
        {
            case null:
                text.Append("None");
                break;
            case bool flag:
                text.Append(flag ? "True" : "False");
                break;
            case string word:
                text.Append(word.AsSpan(0, Math.Min(word.Length, 2 * DisplayText.LongestName)));
                break;
            case TensorInfo tensor:
                text.Append(tensor);
                break;
            case IEnumerable list:
                AppendItems(text, list, depth);
                break;
            case IFormattable number:
                text.Append(number.ToString(null, CultureInfo.InvariantCulture));
                break;
            default:
                text.Append(value);
                break;
        }
    }

    private static void AppendItems(StringBuilder text, IEnumerable list, int depth)
    {
        text.Append('[');
        int count = 0;
        foreach (object? item in list)
        {
            text.Append(count == 0 ? string.Empty : ", ");
            if (count++ == MostItems || depth == MostDepth || text.Length > DisplayText.LongestName)
            {
                text.Append("...");
                break;
            }

            Append(text, item, depth + 1);
        }

        text.Append(']');
    }
}

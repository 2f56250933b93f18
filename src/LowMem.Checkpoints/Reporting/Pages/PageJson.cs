using System.Globalization;
using System.Text.Json;

namespace LowMem.Checkpoints.Reporting.Pages;

/// <summary>What the writers of a page's data share.</summary>
internal static class PageJson
{
    /// <summary>Six digits are more than anybody reads, and half the size of all of them.</summary>
    private const string ShortFormat = "G6";

    /// <summary>Writes a list under a name.</summary>
    public static void WriteList<T>(this Utf8JsonWriter writer, string name, IEnumerable<T> items, Action<T> write)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            write(item);
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes a number in six digits; what JSON has no number for as its name, and null for none.</summary>
    public static void WriteShort(this Utf8JsonWriter writer, double? number)
    {
        if (number is not { } value)
        {
            writer.WriteNullValue();
        }
        else if (double.IsFinite(value))
        {
            writer.WriteRawValue(value.ToString(ShortFormat, CultureInfo.InvariantCulture));
        }
        else
        {
            writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>A list of texts in which each is once, for columns that name few different ones.</summary>
    public sealed class Texts
    {
        private readonly OrderedDictionary<string, int> places = new(StringComparer.Ordinal);

        /// <summary>The place of a text, which is added when it is new.</summary>
        public int Add(string text)
        {
            places.TryAdd(text, places.Count);
            return places[text];
        }

        /// <summary>Writes all.</summary>
        public void Write(Utf8JsonWriter writer, string name) => writer.WriteList(name, places.Keys, writer.WriteStringValue);
    }
}

using System.Globalization;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values.Slices;

/// <summary>Reads slices as Python writes them between the brackets of an index.</summary>
internal sealed class SliceParser
{
    /// <summary>PyTorch's tensors have no more dimensions.</summary>
    private const int MostItems = 64;

    private readonly string text;
    private readonly int end;
    private int place;

    private SliceParser(string text)
    {
        this.text = text;
        end = text.Length;
        SkipBlanks();

        // People copy the brackets, too.
        if (Peek() == '[' && text.AsSpan().TrimEnd().EndsWith("]"))
        {
            place++;
            end = text.AsSpan().TrimEnd().Length - 1;
        }
    }

    /// <summary>Reads a slice.</summary>
    /// <param name="text">The slice, with or without brackets around it.</param>
    /// <param name="problem">What is wrong, and where; null when nothing is.</param>
    /// <returns>Its parts; null when something is wrong.</returns>
    public static IReadOnlyList<SliceItem>? TryParse(string text, out string? problem)
    {
        var parser = new SliceParser(text);
        var items = new List<SliceItem>();
        problem = parser.Read(items);
        return problem is null ? items : null;
    }

    private string? Read(List<SliceItem> items)
    {
        SkipBlanks();
        if (place == end)
        {
            return "it is empty: ':' is the whole of a dimension, '...' of all";
        }

        while (place < end)
        {
            int start = place;
            if (ReadItem(out var item) is { } problem)
            {
                return problem;
            }

            if (item.Kind == SliceItemKind.Ellipsis && items.Exists(other => other.Kind == SliceItemKind.Ellipsis))
            {
                return $"a second '...' at character {start + 1}: there can be one";
            }

            items.Add(item);
            if (items.Count > MostItems)
            {
                return $"it has more than {MostItems} parts, and no tensor as many dimensions";
            }

            SkipBlanks();
            if (place < end && Peek() != ',')
            {
                return Unexpected("a number, ':', a comma or the end");
            }

            place++;
            SkipBlanks();
        }

        return null;
    }

    private string? ReadItem(out SliceItem item)
    {
        item = default;
        if (text.AsSpan(place, end - place).StartsWith("..."))
        {
            place += 3;
            item = new SliceItem(SliceItemKind.Ellipsis);
            return null;
        }

        Span<long?> numbers = [null, null, null];
        int colons = 0;
        int stepPlace = place;
        while (true)
        {
            SkipBlanks();
            stepPlace = place;
            if (ReadNumber(out numbers[colons]) is { } problem)
            {
                return problem;
            }

            SkipBlanks();
            if (Peek() != ':')
            {
                break;
            }

            if (colons == 2)
            {
                return $"a third ':' at character {place + 1}: a range is start:stop:step";
            }

            colons++;
            place++;
        }

        if (colons == 0)
        {
            item = new SliceItem(SliceItemKind.Index, numbers[0]);
            return numbers[0] is null ? Unexpected("an index, a range such as 0:10, or '...'") : null;
        }

        if (numbers[2] is <= 0)
        {
            return $"the step {numbers[2]} at character {stepPlace + 1} is not greater than zero; PyTorch takes no other either";
        }

        item = new SliceItem(SliceItemKind.Range, numbers[0], numbers[1], numbers[2] ?? 1);
        return null;
    }

    /// <summary>A number, or none when there is something else.</summary>
    private string? ReadNumber(out long? number)
    {
        number = null;
        int start = place;
        if (Peek() is '-' or '+')
        {
            place++;
        }

        int digits = place;
        while (char.IsAsciiDigit(Peek()))
        {
            place++;
        }

        if (place == digits)
        {
            return place == start ? null : Unexpected("digits");
        }

        if (!long.TryParse(text.AsSpan(start, place - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
        {
            return $"the number at character {start + 1} does not fit 64 bits";
        }

        number = value;
        return null;
    }

    private char Peek() => place < end ? text[place] : '\0';

    private void SkipBlanks()
    {
        while (place < end && text[place] is ' ' or '\t')
        {
            place++;
        }
    }

    private string Unexpected(string expected) => place < end
        ? $"'{DisplayText.Name(text[place].ToString())}' at character {place + 1} where {expected} was expected"
        : $"it ends where {expected} was expected";
}

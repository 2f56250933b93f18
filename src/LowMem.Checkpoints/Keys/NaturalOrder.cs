namespace LowMem.Checkpoints.Keys;

/// <summary>The order in which a person counts: <c>layers.2</c> before <c>layers.10</c>. Numbers compare by value, all else by code.</summary>
/// <remarks>A total order: names that differ only in leading zeros are told apart by them.</remarks>
public sealed class NaturalOrder : IComparer<string>
{
    private NaturalOrder()
    {
    }

    /// <summary>The order.</summary>
    public static NaturalOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
        {
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        }

        int i = 0;
        int j = 0;
        while (i < x.Length && j < y.Length)
        {
            if (char.IsAsciiDigit(x[i]) && char.IsAsciiDigit(y[j]))
            {
                var first = TakeNumber(x, ref i);
                var second = TakeNumber(y, ref j);
                int order = first.Length != second.Length ? first.Length - second.Length : first.CompareTo(second, StringComparison.Ordinal);
                if (order != 0)
                {
                    return order;
                }
            }
            else if (x[i] != y[j])
            {
                return x[i] - y[j];
            }
            else
            {
                i++;
                j++;
            }
        }

        int rest = (x.Length - i) - (y.Length - j);
        return rest != 0 ? rest : string.CompareOrdinal(x, y);
    }

    // Without its leading zeros, so that the longer one is the larger one. Zero has no digits then.
    private static ReadOnlySpan<char> TakeNumber(string text, ref int position)
    {
        int start = position;
        while (position < text.Length && char.IsAsciiDigit(text[position]))
        {
            position++;
        }

        return text.AsSpan(start, position - start).TrimStart('0');
    }
}

using System.Collections;
using System.Numerics;

namespace LowMem.Checkpoints.Comparison;

/// <summary>Compares values that are not tensors: numbers with the tolerances, lists item by item, all else by what it is.</summary>
/// <param name="options">The tolerances.</param>
internal sealed class ValueComparer(ComparisonOptions options)
{
    /// <summary>Whether two values are the same.</summary>
    /// <param name="reference">The value of the reference.</param>
    /// <param name="difference">The value of the difference.</param>
    public bool AreEqual(object? reference, object? difference)
    {
        // Lists in lists are no reason to call oneself.
        var left = new Stack<(object? Reference, object? Difference)>([(reference, difference)]);
        while (left.TryPop(out var pair))
        {
            if (pair is (IDictionary, _) or (_, IDictionary) or (string, _) or (_, string))
            {
                if (!AreSameEntries(pair.Reference, pair.Difference, left))
                {
                    return false;
                }
            }
            else if (pair is (IEnumerable items, IEnumerable others))
            {
                if (!PushItems(items, others, left))
                {
                    return false;
                }
            }
            else if (!AreEqualLeaves(pair.Reference, pair.Difference))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The distance of two numbers; null when they are none.</summary>
    public static double? GetDistance(object? reference, object? difference) =>
        ToNumber(reference) is { } a && ToNumber(difference) is { } b && double.IsFinite(b - a) ? Math.Abs(b - a) : null;

    /// <summary>The distance over the size of the reference; null when they are no numbers, or that is zero.</summary>
    public static double? GetRelativeDistance(object? reference, object? difference) =>
        GetDistance(reference, difference) is { } distance && ToNumber(reference) is { } size && size != 0 ? distance / Math.Abs(size) : null;

    private static bool AreSameEntries(object? reference, object? difference, Stack<(object?, object?)> left)
    {
        if (reference is not IDictionary one || difference is not IDictionary other)
        {
            return Equals(reference, difference);
        }

        foreach (DictionaryEntry entry in one)
        {
            if (!other.Contains(entry.Key))
            {
                return false;
            }

            left.Push((entry.Value, other[entry.Key]));
        }

        return one.Count == other.Count;
    }

    private static bool PushItems(IEnumerable items, IEnumerable others, Stack<(object?, object?)> left)
    {
        if (items is byte[] bytes && others is byte[] otherBytes)
        {
            return bytes.AsSpan().SequenceEqual(otherBytes);
        }

        if (items is Array { Rank: > 1 } array && others is Array { Rank: > 1 } otherArray
            && !Enumerable.Range(0, array.Rank).Select(array.GetLength).SequenceEqual(Enumerable.Range(0, otherArray.Rank).Select(otherArray.GetLength)))
        {
            return false;
        }

        var second = others.GetEnumerator();
        foreach (object? item in items)
        {
            if (!second.MoveNext())
            {
                return false;
            }

            left.Push((item, second.Current));
        }

        return !second.MoveNext();
    }

    private static double? ToNumber(object? value) => value switch
    {
        sbyte or byte or short or ushort or int or uint or long or ulong or Half or float or double or decimal =>
            value is Half half ? (double)half : Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture),
        BigInteger number => (double)number,
        _ => null,
    };

    private static bool IsInteger(object? value) => value is sbyte or byte or short or ushort or int or uint or long or ulong or BigInteger;

    private static BigInteger ToInteger(object value) => value is BigInteger number ? number
        : value is ulong large ? large : new BigInteger(Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture));

    private bool AreEqualLeaves(object? reference, object? difference)
    {
        if (ToNumber(reference) is not { } a || ToNumber(difference) is not { } b)
        {
            return Equals(reference, difference);
        }

        // More digits than a float64 has.
        if (IsInteger(reference) && IsInteger(difference) && ToInteger(reference!) is var one && ToInteger(difference!) is var other)
        {
            return one == other || (double)BigInteger.Abs(one - other) <= options.AbsoluteTolerance + (options.RelativeTolerance * Math.Abs(a));
        }

        return a == b || (double.IsNaN(a) && double.IsNaN(b))
            || (double.IsFinite(b - a) && Math.Abs(b - a) <= options.AbsoluteTolerance + (options.RelativeTolerance * Math.Abs(a)));
    }
}

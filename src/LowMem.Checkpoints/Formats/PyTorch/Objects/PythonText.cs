using System.Globalization;
using System.Numerics;
using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>Shows nodes as text, much as Python's <c>repr</c> would, cut to a bounded length and depth.</summary>
internal static class PythonText
{
    private const int MaxLength = 200;
    private const int MaxDepth = 4;
    private const int MaxItems = 8;

    /// <summary>Decimal digits of long integers take time that grows with the square of the length.</summary>
    private const int MaxBits = 512;

    /// <summary>The text of a dict key in a dotted name.</summary>
    public static string OfKey(PickleNode key) => key switch
    {
        PickleScalar { Value: string text } => text,
        PickleScalar scalar => OfScalar(scalar.Value),
        _ => Describe(key),
    };

    public static string Describe(PickleNode node)
    {
        var text = new StringBuilder();
        Append(text, node, MaxDepth);
        return text.Length > MaxLength ? string.Concat(text.ToString(0, MaxLength), "...") : text.ToString();
    }

    private static string OfScalar(object? value) => value switch
    {
        null => "None",
        bool flag => flag ? "True" : "False",
        BigInteger big when big.GetBitLength() > MaxBits => $"<integer of {big.GetBitLength()} bits>",
        BigInteger big => big.ToString(CultureInfo.InvariantCulture),
        double number => OfNumber(number),
        byte[] bytes => OfBytes(bytes),
        string text => $"'{DisplayText.Name(text)}'",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>As Python prints it: 1.0 keeps its zero, and exponents have two digits.</summary>
    private static string OfNumber(double number)
    {
        if (!double.IsFinite(number))
        {
            return double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        }

        const double leastWithExponent = 1e16;
        string text = number.ToString("R", CultureInfo.InvariantCulture);
        if (text.Contains('E', StringComparison.Ordinal))
        {
            // .NET takes to exponents at 1e15, a power of ten before Python.
            return Math.Abs(number) is >= 1 and < leastWithExponent
                ? ((decimal)number).ToString("F1", CultureInfo.InvariantCulture)
                : text.Replace('E', 'e');
        }

        return text.Contains('.', StringComparison.Ordinal) ? text : text + ".0";
    }

    private static string OfBytes(byte[] bytes)
    {
        const int most = 32;
        var text = new StringBuilder("b'");
        foreach (byte value in bytes.AsSpan(0, Math.Min(most, bytes.Length)))
        {
            _ = value is >= 0x20 and < 0x7f and not (byte)'\'' and not (byte)'\\'
                ? text.Append((char)value)
                : text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
        }

        return text.Append(bytes.Length > most ? "...'" : "'").ToString();
    }

    /// <summary>Recurses by at most <see cref="MaxDepth"/>, whatever the input.</summary>
    private static void Append(StringBuilder text, PickleNode node, int depth)
    {
        if (depth == 0 || text.Length > MaxLength)
        {
            text.Append("...");
            return;
        }

        switch (node)
        {
            case PickleScalar scalar:
                text.Append(OfScalar(scalar.Value));
                break;
            case PickleGlobal global:
                text.Append(DisplayText.Name(global.FullName));
                break;
            case PickleSequence sequence:
                var (open, close) = sequence.Kind switch
                {
                    PickleSequenceKind.Tuple => ("(", sequence.Count == 1 ? ",)" : ")"),
                    PickleSequenceKind.Set => sequence.Count == 0 ? ("set(", ")") : ("{", "}"),
                    PickleSequenceKind.FrozenSet => sequence.Count == 0 ? ("frozenset(", ")") : ("frozenset({", "})"),
                    _ => ("[", "]"),
                };
                AppendItems(text, open, sequence.Items, close, depth);
                break;
            case PickleObject { CallableName: "builtins.frozenset" or "builtins.set" } set when PythonValues.AsSequence(set) is { } members:
                var kind = set.CallableName == "builtins.set" ? PickleSequenceKind.Set : PickleSequenceKind.FrozenSet;
                Append(text, new PickleSequence(kind, [.. members]), depth);
                break;
            case PickleObject { CallableName: "_codecs.encode" or "builtins.bytes" } encoded
                when NaturalValues.TryConvert(encoded, out var value) && value is byte[] bytes:
                text.Append(OfBytes(bytes));
                break;
            case PickleObject made:
                Append(text, made.Callable, depth - 1);
                AppendItems(text, "(", made.ArgumentList, ")", depth);
                break;
            case PickleMapping mapping:
                text.Append(CultureInfo.InvariantCulture, $"{{{mapping.Count} entries}}");
                break;
            case PicklePersistentId id:
                text.Append("persistent_id ");
                Append(text, id.Id, depth - 1);
                break;
            default:
                text.Append("...");
                break;
        }
    }

    private static void AppendItems(
        StringBuilder text, string open, IReadOnlyList<PickleNode> items, string close, int depth)
    {
        text.Append(open);
        for (int i = 0; i < items.Count; i++)
        {
            text.Append(i == 0 ? string.Empty : ", ");
            if (i == MaxItems)
            {
                text.Append("...");
                break;
            }

            Append(text, items[i], depth - 1);
        }

        text.Append(close);
    }
}

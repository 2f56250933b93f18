using System.Globalization;
using System.Text;

namespace LowMem.Checkpoints.Pickle;

/// <summary>The text forms of protocol 0.</summary>
internal static class PickleText
{
    public static bool TryParseFloat(string text, out double value)
    {
        switch (text.Trim())
        {
            case "inf":
                value = double.PositiveInfinity;
                return true;
            case "-inf":
                value = double.NegativeInfinity;
                return true;
            case "nan" or "-nan":
                value = double.NaN;
                return true;
            default:
                return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
        }
    }

    /// <summary>Undoes Python's <c>repr</c> of a byte string; null when the quotes are missing.</summary>
    public static byte[]? Unquote(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd(" \r"u8);
        if (line.Length < 2 || line[0] is not ((byte)'\'' or (byte)'"') || line[^1] != line[0])
        {
            return null;
        }

        line = line[1..^1];
        var bytes = new List<byte>(line.Length);
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] != (byte)'\\' || i + 1 == line.Length)
            {
                bytes.Add(line[i]);
                continue;
            }

            i++;
            if (line[i] == (byte)'x' && TryParseHex(line, i + 1, 2, out int code))
            {
                bytes.Add((byte)code);
                i += 2;
                continue;
            }

            bytes.Add(line[i] switch
            {
                (byte)'n' => (byte)'\n',
                (byte)'r' => (byte)'\r',
                (byte)'t' => (byte)'\t',
                (byte)'a' => 7,
                (byte)'b' => 8,
                (byte)'f' => 12,
                (byte)'v' => 11,
                (byte)'0' => 0,
                var other => other,
            });
        }

        return [.. bytes];
    }

    /// <summary>Python's <c>raw-unicode-escape</c>: Latin-1 with <c>\uXXXX</c> and <c>\UXXXXXXXX</c>.</summary>
    public static string DecodeRawUnicodeEscape(ReadOnlySpan<byte> line)
    {
        var text = new StringBuilder(line.Length);
        for (int i = 0; i < line.Length; i++)
        {
            int digits = line[i] == (byte)'\\' && i + 1 < line.Length
                ? line[i + 1] switch { (byte)'u' => 4, (byte)'U' => 8, _ => 0 }
                : 0;
            if (digits > 0 && TryParseHex(line, i + 2, digits, out int code) && code is >= 0 and <= 0x10ffff)
            {
                // A lone surrogate has no rune; as a char it is kept as it is.
                _ = Rune.TryCreate(code, out var rune) ? text.Append(rune.ToString()) : text.Append((char)code);
                i += digits + 1;
            }
            else
            {
                text.Append((char)line[i]);
            }
        }

        return text.ToString();
    }

    /// <inheritdoc cref="Diagnostics.DisplayText.Name"/>
    public static string Shorten(string text) => Diagnostics.DisplayText.Name(text);

    private static bool TryParseHex(ReadOnlySpan<byte> line, int start, int digits, out int code)
    {
        code = 0;
        return start + digits <= line.Length
            && int.TryParse(
                line.Slice(start, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code);
    }
}

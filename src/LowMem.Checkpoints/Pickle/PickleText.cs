using System.Globalization;
using System.Text;

namespace LowMem.Checkpoints.Pickle;

/// <summary>The text forms of protocol 0.</summary>
internal static class PickleText
{
    /// <summary>Undoes the escapes of a byte string of Python; null when one is cut short.</summary>
    public static byte[]? Unescape(ReadOnlySpan<byte> text)
    {
        var bytes = new List<byte>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != (byte)'\\')
            {
                bytes.Add(text[i]);
                continue;
            }

            if (++i == text.Length)
            {
                return null;
            }

            if (text[i] == (byte)'x')
            {
                if (!TryParseHex(text, i + 1, 2, out int code))
                {
                    return null;
                }

                bytes.Add((byte)code);
                i += 2;
            }
            else if (IsOctal(text[i]))
            {
                int code = text[i] - '0';
                for (int digits = 1; digits < 3 && i + 1 < text.Length && IsOctal(text[i + 1]); digits++)
                {
                    code = (8 * code) + (text[++i] - '0');
                }

                // Three digits hold one bit more than a byte, which C drops.
                bytes.Add((byte)(code & 0xff));
            }
            else if (EscapedByte(text[i]) is >= 0 and var escaped)
            {
                bytes.Add((byte)escaped);
            }
            else
            {
                // What is no escape stays as it is, with its backslash.
                bytes.Add((byte)'\\');
                bytes.Add(text[i]);
            }
        }

        return [.. bytes];
    }

    /// <summary>
    /// Python's <c>raw-unicode-escape</c>: Latin-1 with <c>\uXXXX</c> and <c>\UXXXXXXXX</c>. Null when an escape is cut
    /// short or no character, and when two escapes are halves of one character, which Python keeps apart.
    /// </summary>
    public static string? DecodeRawUnicodeEscape(ReadOnlySpan<byte> line)
    {
        var text = new StringBuilder(line.Length);
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] != (byte)'\\' || i + 1 == line.Length)
            {
                text.Append((char)line[i]);
                continue;
            }

            int digits = line[++i] switch { (byte)'u' => 4, (byte)'U' => 8, _ => 0 };
            if (digits == 0)
            {
                // A backslash behind a backslash begins no escape.
                text.Append('\\').Append((char)line[i]);
                continue;
            }

            if (!TryParseHex(line, i + 1, digits, out int code) || code is < 0 or > 0x10ffff)
            {
                return null;
            }

            i += digits;
            if (Rune.TryCreate(code, out var rune))
            {
                text.Append(rune.ToString());
            }
            else if (!PythonUtf8.TryAppendHalf(text, (char)code))
            {
                return null;
            }
        }

        return text.ToString();
    }

    private static bool IsOctal(byte character) => character is >= (byte)'0' and <= (byte)'7';

    private static int EscapedByte(byte letter) => letter switch
    {
        (byte)'n' => '\n',
        (byte)'r' => '\r',
        (byte)'t' => '\t',
        (byte)'a' => 7,
        (byte)'b' => 8,
        (byte)'f' => 12,
        (byte)'v' => 11,
        (byte)'\\' or (byte)'\'' or (byte)'"' => letter,
        _ => -1,
    };

    private static bool TryParseHex(ReadOnlySpan<byte> line, int start, int digits, out int code)
    {
        code = 0;
        return start + digits <= line.Length
            && int.TryParse(
                line.Slice(start, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code);
    }
}

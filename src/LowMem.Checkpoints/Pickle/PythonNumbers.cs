using System.Buffers.Text;
using System.Numerics;

namespace LowMem.Checkpoints.Pickle;

/// <summary>Numbers in text, as <c>int()</c> and <c>float()</c> of Python read them from bytes.</summary>
internal static class PythonNumbers
{
    /// <summary>CPython refuses integers of more decimal digits as well (<c>sys.int_info.default_max_str_digits</c>).</summary>
    public const int MaxDigits = 4300;

    /// <summary>
    /// <c>int(text, radix)</c>: blanks around it, a sign, single underscores between digits. With radix 0 a prefix tells the
    /// base, and a decimal number other than 0 does not begin with 0. Null when it is no integer.
    /// </summary>
    /// <param name="text">At most <see cref="MaxDigits"/> bytes.</param>
    /// <param name="radix">0 or 10.</param>
    public static BigInteger? ParseInteger(ReadOnlySpan<byte> text, int radix)
    {
        text = text.Trim(" \t\n\v\f\r"u8);
        bool isNegative = text is [(byte)'-', ..];
        if (text is [(byte)'+' or (byte)'-', ..])
        {
            text = text[1..];
        }

        int bits = radix != 0 || text is not [(byte)'0', _, ..] ? 0 : (text[1] | 0x20) switch { 'x' => 4, 'o' => 3, 'b' => 1, _ => 0 };
        if (bits > 0)
        {
            text = text[2..];
            text = text is [(byte)'_', ..] ? text[1..] : text;
        }

        if (ReadDigits(text, bits == 0 ? 10 : 1 << bits) is not { } digits)
        {
            return null;
        }

        if (radix == 0 && bits == 0 && digits.Length > 1 && digits[0] == 0 && digits.AsSpan().ContainsAnyExcept((byte)0))
        {
            return null;
        }

        var value = Combine(digits, bits);
        return isNegative ? -value : value;
    }

    /// <summary>
    /// What CPython's C code and its Python code both take for a number: decimal digits, a point, an exponent; or inf,
    /// infinity, nan. No blanks, no underscores, and nothing too large, where the two differ.
    /// </summary>
    public static double? ParseFloat(ReadOnlySpan<byte> text)
    {
        var number = text is [(byte)'+' or (byte)'-', ..] ? text[1..] : text;
        bool isNegative = text is [(byte)'-', ..];
        if (IsWord(number, "inf"u8) || IsWord(number, "infinity"u8))
        {
            return isNegative ? double.NegativeInfinity : double.PositiveInfinity;
        }

        if (IsWord(number, "nan"u8))
        {
            return double.NaN;
        }

        return IsDecimal(number) && Utf8Parser.TryParse(number, out double value, out int length) && length == number.Length && double.IsFinite(value)
            ? isNegative ? -value : value
            : null;
    }

    /// <summary>The value of each digit; null when there is none, or something else between them.</summary>
    private static byte[]? ReadDigits(ReadOnlySpan<byte> text, int radix)
    {
        var digits = new byte[text.Length];
        int count = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == (byte)'_')
            {
                if (i == 0 || text[i - 1] == (byte)'_' || i == text.Length - 1)
                {
                    return null;
                }

                continue;
            }

            int digit = char.IsAsciiHexDigit((char)text[i]) ? Convert.ToInt32(((char)text[i]).ToString(), 16) : radix;
            if (digit >= radix)
            {
                return null;
            }

            digits[count++] = (byte)digit;
        }

        return count == 0 ? null : digits[..count];
    }

    private static BigInteger Combine(byte[] digits, int bits)
    {
        if (bits == 0)
        {
            return BigInteger.Parse(
                string.Create(digits.Length, digits, (text, values) =>
                {
                    for (int i = 0; i < text.Length; i++)
                    {
                        text[i] = (char)('0' + values[i]);
                    }
                }),
                System.Globalization.NumberStyles.None,
                System.Globalization.CultureInfo.InvariantCulture);
        }

        var value = BigInteger.Zero;
        foreach (byte digit in digits)
        {
            value = (value << bits) | digit;
        }

        return value;
    }

    private static bool IsWord(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) =>
        System.Text.Ascii.EqualsIgnoreCase(text, word);

    private static bool IsDecimal(ReadOnlySpan<byte> text)
    {
        int whole = PassDigits(ref text);
        int fraction = 0;
        if (text is [(byte)'.', ..])
        {
            text = text[1..];
            fraction = PassDigits(ref text);
        }

        if (whole + fraction == 0)
        {
            return false;
        }

        if (text is [(byte)'e' or (byte)'E', ..])
        {
            text = text[1..];
            text = text is [(byte)'+' or (byte)'-', ..] ? text[1..] : text;
            return PassDigits(ref text) > 0 && text.Length == 0;
        }

        return text.Length == 0;
    }

    private static int PassDigits(ref ReadOnlySpan<byte> text)
    {
        int count = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        count = count < 0 ? text.Length : count;
        text = text[count..];
        return count;
    }
}

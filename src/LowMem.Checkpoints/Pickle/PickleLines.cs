using System.Globalization;
using System.Numerics;
using System.Text;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// Reads the arguments that are lines of text: those of protocol 0. What CPython's C code and its Python code read in two
/// ways is refused, and so is what neither reads.
/// </summary>
internal static class PickleLines
{
    /// <summary>The argument of INT: <c>00</c> and <c>01</c> are the booleans of protocol 1.</summary>
    public static PickleScalar ReadInt(PickleCursor cursor)
    {
        var line = cursor.ReadLine();
        if (line.SequenceEqual("00"u8))
        {
            return PickleScalar.False;
        }

        if (line.SequenceEqual("01"u8))
        {
            return PickleScalar.True;
        }

        // The C code takes any two characters that strtol reads as 0 or 1 for a boolean: a blank or a sign in front.
        var value = ToInteger(cursor, line);
        return line is [(byte)' ' or (byte)'\t' or (byte)'\v' or (byte)'\f' or (byte)'\r' or (byte)'+' or (byte)'-', _] && (value.IsZero || value.IsOne)
            ? throw cursor.Invalid($"'{Show(line)}' is a boolean to one version of Python and a number to another")
            : PickleScalar.Of(value);
    }

    /// <summary>The argument of LONG, a number with an L behind it in Python 2.</summary>
    public static PickleScalar ReadLong(PickleCursor cursor)
    {
        var line = cursor.ReadLine();
        return PickleScalar.Of(ToInteger(cursor, line is [.., (byte)'L'] ? line[..^1] : line));
    }

    public static PickleScalar ReadFloat(PickleCursor cursor)
    {
        var line = cursor.ReadLine();
        return PickleScalar.Of(PythonNumbers.ParseFloat(line) ?? throw cursor.Invalid($"'{Show(line)}' is not a number"));
    }

    /// <summary>The argument of STRING: a byte string of Python 2 as <c>repr</c> shows it.</summary>
    public static PickleScalar ReadString(PickleCursor cursor)
    {
        var line = cursor.ReadLine();
        if (line.Length < 2 || line[0] is not ((byte)'\'' or (byte)'"') || line[^1] != line[0])
        {
            throw cursor.Invalid("a string is not in quotes");
        }

        return OfPython2(PickleText.Unescape(line[1..^1]) ?? throw cursor.Invalid("a string has an escape that is cut short"));
    }

    /// <summary>A byte string of Python 2: text when it is valid UTF-8, as it is decoded by default, else bytes.</summary>
    public static PickleScalar OfPython2(ReadOnlySpan<byte> bytes) =>
        PythonUtf8.DecodeStrictly(bytes) is { } text ? PickleScalar.Of(text) : PickleScalar.Of(bytes.ToArray());

    public static PickleScalar ReadUnicode(PickleCursor cursor) => PickleScalar.Of(
        PickleText.DecodeRawUnicodeEscape(cursor.ReadLine()) ?? throw cursor.Invalid("a text has an escape that is no character"));

    /// <summary>The index of GET and PUT.</summary>
    public static long ReadIndex(PickleCursor cursor)
    {
        var line = cursor.ReadLine();
        return ParseIndex(line) ?? throw cursor.Invalid($"'{Show(line)}' is not a memo index");
    }

    /// <summary>The index in a line; null when it is none.</summary>
    public static long? ParseIndex(ReadOnlySpan<byte> line) =>
        line.Length <= PythonNumbers.MaxDigits && PythonNumbers.ParseInteger(line, 10) is { } index && index >= 0 && index <= long.MaxValue
            ? (long)index
            : null;

    /// <summary>Half of what GLOBAL names.</summary>
    public static string ReadName(PickleCursor cursor)
    {
        var line = cursor.ReadLine();
        return line.Length > 0 && PythonUtf8.DecodeStrictly(line) is { } name
            ? name
            : throw cursor.Invalid("the name of a global is empty or not valid UTF-8");
    }

    /// <summary>What INST names, and the ids of PERSID: ASCII only.</summary>
    /// <param name="cursor">At the line.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="shortest">How many characters it has at least.</param>
    public static string ReadAscii(PickleCursor cursor, string what, int shortest)
    {
        var line = cursor.ReadLine();
        return line.Length >= shortest && Ascii.IsValid(line)
            ? Encoding.ASCII.GetString(line)
            : throw cursor.Invalid($"{what} is empty or not ASCII");
    }

    private static BigInteger ToInteger(PickleCursor cursor, ReadOnlySpan<byte> text) => text.Length > PythonNumbers.MaxDigits
        ? throw cursor.Invalid(string.Create(
            CultureInfo.InvariantCulture, $"an integer of {text.Length} digits is more than the {PythonNumbers.MaxDigits} read here"))
        : PythonNumbers.ParseInteger(text, 0) ?? throw cursor.Invalid($"'{Show(text)}' is not an integer");

    private static string Show(ReadOnlySpan<byte> line) => DisplayText.Name(Encoding.Latin1.GetString(line));
}

using System.Globalization;
using System.Numerics;

namespace LowMem.Checkpoints.Parts.Records;

/// <summary>A number of any of the types that figures have, as text from which the same number of the same type comes back.</summary>
internal static class NumberText
{
    /// <summary>The text; null of null.</summary>
    public static string? Write(object? number) => number switch
    {
        null => null,
        long signed => "i" + signed.ToString(CultureInfo.InvariantCulture),
        ulong unsigned => "u" + unsigned.ToString(CultureInfo.InvariantCulture),
        bool truth => truth ? "b1" : "b0",
        double real => "d" + Write(real),
        Complex complex => "c" + Write(complex.Real) + " " + Write(complex.Imaginary),
        _ => throw new ArgumentException($"no number is a {number.GetType().Name}", nameof(number)),
    };

    /// <summary>The number; null of null.</summary>
    /// <exception cref="FormatException">It is no such text.</exception>
    public static object? Read(string? text) => text switch
    {
        null => null,
        ['i', .. var rest] => long.Parse(rest, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
        ['u', .. var rest] => ulong.Parse(rest, NumberStyles.None, CultureInfo.InvariantCulture),
        "b1" => true,
        "b0" => false,
        ['d', .. var rest] => ReadDouble(rest),
        ['c', .. var rest] when rest.Split(' ') is [var real, var imaginary] => new Complex(ReadDouble(real), ReadDouble(imaginary)),
        _ => throw new FormatException("a number of a record is none"),
    };

    /// <summary>By its bits: also the sign of zero and what a NaN holds.</summary>
    private static string Write(double number) =>
        BitConverter.DoubleToUInt64Bits(number).ToString("x16", CultureInfo.InvariantCulture);

    private static double ReadDouble(string text) =>
        BitConverter.UInt64BitsToDouble(ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace LowMem.Checkpoints.Values.Division;

/// <summary>Which part of how many: <c>3/8</c> is the third of eight.</summary>
public readonly record struct PartNumber
{
    /// <summary>The most parts.</summary>
    public const int MostParts = 100_000;

    private readonly int before;
    private readonly int more;

    /// <summary>Makes it of two numbers.</summary>
    /// <param name="number">Which part, from 1.</param>
    /// <param name="count">How many there are.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such part.</exception>
    public PartNumber(int number, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MostParts);
        before = number - 1;
        more = count - 1;
    }

    /// <summary>Which part, from 1.</summary>
    public int Number => before + 1;

    /// <summary>How many parts there are.</summary>
    public int Count => more + 1;

    /// <summary>Reads a text such as <c>3/8</c>.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It says no part.</exception>
    public static PartNumber Parse(string text) => TryParse(text, out var part)
        ? part
        : throw new FormatException($"a part is written as 3/8, the third of eight: from 1/n to n/n, and n is at most {MostParts}");

    /// <summary>Reads a text such as <c>3/8</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="part">The part.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out PartNumber part)
    {
        part = default;
        if (!NumberAndCount.TryRead(text, out int number, out int count) || number < 1 || number > count || count > MostParts)
        {
            return false;
        }

        part = new PartNumber(number, count);
        return true;
    }

    /// <summary>As it is written: <c>3/8</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}/{Count}");
}

using System.Globalization;

namespace LowMem.Checkpoints.Values.Division;

/// <summary>Reads a number and a count, such as <c>3/8</c>.</summary>
internal static class NumberAndCount
{
    /// <param name="text">The text; white space around the numbers is nothing.</param>
    /// <param name="number">The number, whatever it is.</param>
    /// <param name="count">The count, whatever it is.</param>
    /// <returns>Whether it is two numbers, none of them negative.</returns>
    public static bool TryRead(string? text, out int number, out int count)
    {
        (number, count) = (0, 0);
        string[] parts = text?.Split('/') ?? [];
        return parts.Length == 2
            && int.TryParse(parts[0].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && int.TryParse(parts[1].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out count);
    }
}

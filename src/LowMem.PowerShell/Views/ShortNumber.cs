using System.Globalization;

namespace LowMem.PowerShell.Views;

/// <summary>Shows numbers in columns: as many digits as there is room for. Only views do that: objects hold the numbers.</summary>
public static class ShortNumber
{
    private const int MostDigits = 4;

    /// <summary>Such as <c>-0.7071</c> or <c>1.2e-05</c>; a whole number as it is where there is room.</summary>
    /// <param name="value">A number, or null for none.</param>
    /// <param name="width">The characters there are.</param>
    public static string Format(object? value, int width)
    {
        if (value is null)
        {
            return string.Empty;
        }

        if (value is not (double or float))
        {
            string whole = Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty;
            if (whole.Length <= width)
            {
                return whole;
            }
        }

        double number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
        for (int digits = MostDigits; digits > 1; digits--)
        {
            string text = Round(number, digits);
            if (text.Length <= width)
            {
                return text;
            }
        }

        return Round(number, 1);
    }

    private static string Round(double number, int digits) => double.IsInfinity(number)
        ? number > 0 ? "inf" : "-inf"
        : number.ToString($"g{digits}", CultureInfo.InvariantCulture);
}

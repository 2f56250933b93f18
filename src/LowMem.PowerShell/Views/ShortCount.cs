using System.Globalization;

namespace LowMem.PowerShell.Views;

/// <summary>Shows counts as people say them, in no more than six characters: 999, 1.5K, 124M, 6.74B.</summary>
public static class ShortCount
{
    private static readonly string[] Units = ["", "K", "M", "B", "T", "Q"];

    /// <summary>Three digits and what they are: thousands, millions, billions.</summary>
    /// <param name="count">The number.</param>
    public static string Format(long count)
    {
        double value = count;
        int unit = 0;
        while (Math.Abs(value) >= 999.5 && unit < Units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        string digits = unit == 0 || Math.Abs(value) >= 99.95 ? "0" : Math.Abs(value) >= 9.995 ? "0.#" : "0.##";
        return value.ToString(digits, CultureInfo.InvariantCulture) + Units[unit];
    }

    /// <summary>A part of the whole in no more than five characters: 100%, 12.3%, 0.1%, and &lt;0.1% of what is less.</summary>
    /// <param name="share">The part, from 0 to 1.</param>
    public static string Percent(double share) => share switch
    {
        > 0 and < 0.0005 => "<0.1%",
        >= 0.9995 => "100%",
        _ => (share * 100).ToString("0.0", CultureInfo.InvariantCulture) + "%",
    };
}

using System.Globalization;
using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.PowerShell.Views;

/// <summary>What a table shows of the figures of a tensor beside its moments.</summary>
internal static class StatisticsText
{
    /// <summary>The characters of the column.</summary>
    private const int Width = 9;

    private static readonly string[] Special = ["NaNCount", "InfinityCount", "ZeroCount"];

    /// <summary>How many values are NaN, infinite and zero; as people say such counts where the exact ones are too long.</summary>
    public static string SpecialCounts(PSObject shown)
    {
        long[] counts = [.. Special.Select(name => Convert.ToInt64(ShownObject.AsValue(shown, name), CultureInfo.InvariantCulture))];
        string exact = string.Join('/', counts);
        return exact.Length <= Width ? exact : string.Join('/', counts.Select(ShortCount.Format));
    }

    /// <summary>What is wrong with the values. What is not finite is counted already.</summary>
    public static string OtherHealth(PSObject shown) => string.Join(
        ", ",
        ShownObject.AsItems(ShownObject.AsValue(shown, "Health")).Select(ShownObject.AsText).Where(id => id != FindingCodes.NonFiniteValues).Select(PlainText.Name));
}

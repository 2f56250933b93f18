using System.Globalization;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values.Health.Rules;

/// <summary>
/// A few values are finite and far from all others, as a flipped bit of an exponent, or bytes of something else, leave them. A
/// released model of 175 billion parameters had 18 in half precision, the greatest 52,256, among weights around 0.01.
/// </summary>
internal sealed class AbsurdValueRule : HealthRule
{
    /// <summary>How far from the median. The outliers of sound models are within a few hundred times.</summary>
    private const double Times = 4096;

    private const double WeightFloor = 100;
    private const double ParameterFloor = 1000;

    /// <summary>Variances, tables of positions and what optimizers remember have wide ranges.</summary>
    private const double OtherFloor = 1e9;

    /// <summary>More than one of so many are no exception but how the values are.</summary>
    private const int OneOf = 100;

    private const int FewestSampled = 4;

    public static double GetThreshold(HealthSubject subject)
    {
        double floor = subject.IsLayerWeight ? WeightFloor : subject.IsParameter ? ParameterFloor : OtherFloor;
        return Math.Max(floor, Times * subject.Evidence.Sample.Median);
    }

    public override bool NeedsCloserLook(HealthSubject subject) =>
        subject is { HasMagnitudes: true, Repeat: 1 }
        && subject.Evidence.Sample.Nonzero >= FewestSampled
        && subject.Evidence.Extremes.Largest > GetThreshold(subject);

    public override HealthFinding? Judge(HealthSubject subject)
    {
        // Masks are filled with the least number of the type.
        if (subject.Look is not { LargeCount: > 0 } look
            || !NeedsCloserLook(subject)
            || look.LargeCount > Math.Max(subject.Counts.Numbers / OneOf, 3)
            || (!subject.IsParameter && look.LargeCount == look.LowestCount))
        {
            return null;
        }

        string values = look.LargeCount == 1 ? "one value" : $"{look.LargeCount} values";
        string are = look.LargeCount == 1 ? "is" : "are";
        string place = string.Join(", ", Locate(subject, look.FirstLarge));
        return new HealthFinding(
            FindingSeverity.Warning,
            FindingCodes.AbsurdValues,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{values} of tensor '{DisplayText.Name(subject.Key)}' {are} beyond {GetThreshold(subject):g3}, up to {subject.Evidence.Extremes.Largest:g6}, while half of all are below {subject.Evidence.Sample.Median:g2}; the first is [{place}]"))
        {
            FirstElement = look.FirstLarge,
        };
    }

    /// <summary>The index of an element in each dimension.</summary>
    private static long[] Locate(HealthSubject subject, long element)
    {
        var place = new long[subject.View.Shape.Count];
        for (int i = place.Length - 1; i >= 0; i--)
        {
            (element, place[i]) = Math.DivRem(element, subject.View.Shape[i]);
        }

        return place;
    }
}

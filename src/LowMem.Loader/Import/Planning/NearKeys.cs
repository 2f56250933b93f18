using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Loader.Import.Planning;

/// <summary>Finds, for a key that is missing, one that is left over and may be the same by a slip of the pen.</summary>
internal static class NearKeys
{
    // Suggestions are for people; nobody reads so many, and nobody waits for them.
    private const int MaxSuggested = 50;
    private const int MaxLeftOver = 5000;

    /// <summary>Adds a suggestion to the first mismatches about missing keys.</summary>
    /// <param name="missing">The mismatches, changed in place.</param>
    /// <param name="shapes">The shape that each of them wants.</param>
    /// <param name="leftOver">What the module has no place for, by its name behind the prefix.</param>
    public static void Suggest(List<ModelMismatch> missing, IReadOnlyList<long[]> shapes, IReadOnlyList<(string Name, TensorInfo Tensor)> leftOver)
    {
        for (var i = 0; i < Math.Min(missing.Count, MaxSuggested); i++)
        {
            var wanted = missing[i].Key;
            var near = missing[i].Advice is null
                ? EditDistance.FindNearest(wanted, leftOver.Take(MaxLeftOver)
                    .Where(other => other.Tensor.Shape.AsSpan().SequenceEqual(shapes[i]) && HaveEqualDigits(wanted, other.Name))
                    .Select(other => other.Name))
                : null;
            if (near is not null)
            {
                missing[i] = missing[i] with { Advice = $"The checkpoint has {DisplayText.Name(near)} of this shape: did you mean that?" };
            }
        }
    }

    // Another number is another layer, and no slip.
    private static bool HaveEqualDigits(string left, string right) =>
        left.Where(char.IsAsciiDigit).SequenceEqual(right.Where(char.IsAsciiDigit));
}

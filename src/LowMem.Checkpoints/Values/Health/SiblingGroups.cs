namespace LowMem.Checkpoints.Values.Health;

/// <summary>
/// Weights of the same name but for numbers, of the same shape and type: those of one layer in each block of a model. Their
/// sizes are compared as logarithms, by the median and the median distance from it, which a few odd ones do not move.
/// </summary>
internal sealed class SiblingGroups
{
    /// <summary>Of fewer, nobody knows which is the odd one.</summary>
    private const int Fewest = 6;

    /// <summary>Blocks of sound models differ: at least eight times as large or as small is odd.</summary>
    private const double LeastDistance = 3;

    /// <summary>And at least so many times the median distance, as a standard deviation: where blocks differ much, more is needed.</summary>
    private const double Deviations = 6 * 1.4826;

    private readonly Dictionary<(string Pattern, string Shape, string DType), List<double>> groups = [];

    /// <summary>Takes tensors in, then compares each with all of its siblings that have been taken in so far.</summary>
    /// <param name="facts">The tensors; null of one that is compared with none.</param>
    /// <returns>How each compares; null where it does not, or siblings are few.</returns>
    public SiblingComparison?[] Compare(IReadOnlyList<SiblingFact?> facts)
    {
        var members = new List<(int Index, SiblingFact Fact, double Size, List<double> Group)>();
        foreach (var (index, fact) in facts.Index())
        {
            if (fact is null)
            {
                continue;
            }

            var group = (fact.Pattern, fact.Shape, fact.DType);
            if (!groups.TryGetValue(group, out var sizes))
            {
                groups.Add(group, sizes = []);
            }

            double size = Math.Log2(fact.RootMeanSquare);
            sizes.Add(size);
            members.Add((index, fact, size, sizes));
        }

        var comparisons = new SiblingComparison?[facts.Count];
        var figures = new Dictionary<List<double>, (double Median, double Distance)>(ReferenceEqualityComparer.Instance);
        foreach (var (index, fact, size, group) in members.Where(member => member.Group.Count >= Fewest))
        {
            if (!figures.TryGetValue(group, out var typical))
            {
                double median = Median(group);
                figures.Add(group, typical = (median, Median(group.Select(other => Math.Abs(other - median)))));
            }

            double odd = Math.Max(LeastDistance, Deviations * typical.Distance);
            comparisons[index] = new SiblingComparison(fact.Pattern, group.Count, double.Exp2(typical.Median), Math.Abs(size - typical.Median) > odd);
        }

        return comparisons;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] ordered = [.. values.Order()];
        return (ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]) / 2;
    }
}

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

    private const int FewestValues = 16;

    private readonly Dictionary<(string Pattern, string Shape, string DType), List<double>> groups = [];

    /// <summary>Takes tensors in, then compares each with all of its siblings that have been taken in so far.</summary>
    public void Compare(IReadOnlyList<HealthSubject> subjects)
    {
        var members = new List<(HealthSubject Subject, string Pattern, double Size, List<double> Group)>();
        foreach (var subject in subjects)
        {
            if (subject is not { IsLayerWeight: true, HasMagnitudes: true, View.IsWhole: true } || subject.Evidence.Sample is not { Count: >= FewestValues, RootMeanSquare: > 0 } sample
                || !double.IsFinite(sample.RootMeanSquare))
            {
                continue;
            }

            string pattern = TensorRole.Fold(subject.Key);
            var group = (pattern, string.Join(',', subject.View.Shape), subject.Type.Name);
            if (!groups.TryGetValue(group, out var sizes))
            {
                groups.Add(group, sizes = []);
            }

            double size = Math.Log2(sample.RootMeanSquare);
            sizes.Add(size);
            members.Add((subject, pattern, size, sizes));
        }

        var figures = new Dictionary<List<double>, (double Median, double Distance)>(ReferenceEqualityComparer.Instance);
        foreach (var (subject, pattern, size, group) in members.Where(member => member.Group.Count >= Fewest))
        {
            if (!figures.TryGetValue(group, out var typical))
            {
                double median = Median(group);
                figures.Add(group, typical = (median, Median(group.Select(other => Math.Abs(other - median)))));
            }

            double odd = Math.Max(LeastDistance, Deviations * typical.Distance);
            subject.Siblings = new SiblingComparison(pattern, group.Count, double.Exp2(typical.Median), Math.Abs(size - typical.Median) > odd);
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] ordered = [.. values.Order()];
        return (ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]) / 2;
    }
}

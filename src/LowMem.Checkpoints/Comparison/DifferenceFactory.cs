namespace LowMem.Checkpoints.Comparison;

/// <summary>Puts into words and figures what was found under one key.</summary>
/// <param name="referencePath">The checkpoint that is compared with.</param>
/// <param name="differencePath">The checkpoint that is compared.</param>
internal sealed class DifferenceFactory(string referencePath, string differencePath)
{
    /// <summary>A tensor, or a value, that one side has alone, or that has figures of no kind.</summary>
    public CheckpointDifference Create(CheckpointChange change, string? key, object? reference, string? otherKey, object? difference) => new()
    {
        Key = key ?? otherKey!,
        DifferenceKey = otherKey,
        Change = change,
        Reference = reference,
        Difference = difference,
        ElementCount = (reference as TensorInfo ?? difference as TensorInfo)?.ElementCount,
        ReferencePath = referencePath,
        DifferencePath = differencePath,
    };

    /// <summary>Two tensors whose values were not compared, or of which there are none.</summary>
    public CheckpointDifference Create(CheckpointChange change, TensorInfo reference, TensorInfo difference) =>
        Create(change, reference.Key, reference, difference.Key, difference);

    /// <summary>Two tensors of which every number is the same.</summary>
    public CheckpointDifference CreateEqual(CheckpointChange change, TensorInfo reference, TensorInfo difference) =>
        Create(change, reference, difference) with
        {
            RelativeChange = 0,
            MaximumAbsoluteDifference = 0,
            MaximumRelativeDifference = 0,
            MeanSquaredDifference = 0,
            CosineSimilarity = 1,
            DifferingElements = 0,
            NonFiniteDifferences = 0,
        };

    /// <summary>Two tensors of which some numbers are not the same.</summary>
    /// <param name="change">In what they differ.</param>
    /// <param name="reference">The tensor of the reference.</param>
    /// <param name="difference">The tensor of the difference.</param>
    /// <param name="pair">What was compared.</param>
    public CheckpointDifference Create(CheckpointChange change, TensorInfo reference, TensorInfo difference, TensorPair pair)
    {
        var totals = pair.Totals;
        return Create(change, reference, difference) with
        {
            RelativeChange = Finite(Math.Sqrt(totals.SquaredDistances) / Math.Sqrt(totals.SquaredReference)),
            MaximumAbsoluteDifference = totals.Finite > 0 ? totals.Greatest : null,
            MaximumRelativeDifference = totals.GreatestRelative >= 0 ? totals.GreatestRelative : null,
            MeanSquaredDifference = totals.Finite > 0 ? totals.SquaredDistances / totals.Finite : null,
            CosineSimilarity = Finite(totals.Products / Math.Sqrt(totals.SquaredReference) / Math.Sqrt(totals.SquaredDifference)) is { } cosine
                ? Math.Clamp(cosine, -1, 1)
                : null,
            DifferingElements = totals.Differing,
            NonFiniteDifferences = totals.NonFinite,
            FirstDifference = totals.First == long.MaxValue ? null : new ElementDifference(
                GetIndex(reference, totals.First),
                totals.FirstReference.ToObject(pair.ReferenceNumbers.Type, pair.ReferenceNumbers.IsScaled),
                totals.FirstDifference.ToObject(pair.DifferenceNumbers.Type, pair.DifferenceNumbers.IsScaled)),
        };
    }

    private static double? Finite(double figure) => double.IsFinite(figure) ? figure : null;

    /// <summary>The index of a number; two of them may be in one element.</summary>
    private static long[] GetIndex(TensorInfo tensor, long number)
    {
        long left = number / Math.Max(1, ComparedNumbers.Count(tensor) / tensor.ElementCount);
        long[] index = new long[tensor.Shape.Length];
        for (int i = index.Length - 1; i >= 0; i--)
        {
            index[i] = left % tensor.Shape[i];
            left /= tensor.Shape[i];
        }

        return index;
    }
}

using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Comparison;

/// <summary>What differs between two checkpoints under one key: a tensor, or a value that is none.</summary>
/// <remarks>
/// Figures are null where values were not compared. They are of all elements of which both numbers are finite, whatever the
/// tolerances say; the difference of two numbers is taken in float64.
/// </remarks>
public sealed record CheckpointDifference
{
    /// <summary>The key in the reference; of what was added, the key in the difference.</summary>
    public required string Key { get; init; }

    /// <summary>In what it differs.</summary>
    public required CheckpointChange Change { get; init; }

    /// <summary>The <see cref="TensorInfo"/> or the value of the reference; null when there is none.</summary>
    public object? Reference { get; init; }

    /// <summary>The <see cref="TensorInfo"/> or the value of the difference; null when there is none.</summary>
    public object? Difference { get; init; }

    /// <summary>The key in the difference, which a key map or a renaming make another one; null when it was removed.</summary>
    public string? DifferenceKey { get; init; }

    /// <summary>The Euclidean norm of the change over that of the reference; null where the reference has none.</summary>
    public double? RelativeChange { get; init; }

    /// <summary>The greatest distance of two numbers; of complex elements, the greatest absolute value of a difference.</summary>
    public double? MaximumAbsoluteDifference { get; init; }

    /// <summary>The greatest distance over the size of the reference's number, of those that are not zero; null where all are.</summary>
    public double? MaximumRelativeDifference { get; init; }

    /// <summary>The mean of the squares of the distances; null where no element is finite on both sides.</summary>
    public double? MeanSquaredDifference { get; init; }

    /// <summary>
    /// The cosine of the angle between the two tensors as vectors: 1 for equal ones, whatever they hold; null where one of them
    /// has no direction.
    /// </summary>
    public double? CosineSimilarity { get; init; }

    /// <summary>How many elements the tensor has.</summary>
    public long? ElementCount { get; init; }

    /// <summary>How many elements are further apart than the tolerances allow.</summary>
    public long? DifferingElements { get; init; }

    /// <summary>How many of those are NaN or infinite on one side or on both.</summary>
    public long? NonFiniteDifferences { get; init; }

    /// <summary>The first of those elements in row-major order.</summary>
    public ElementDifference? FirstDifference { get; init; }

    /// <summary>The checkpoint that is compared with.</summary>
    public required string ReferencePath { get; init; }

    /// <summary>The checkpoint that is compared.</summary>
    public required string DifferencePath { get; init; }

    /// <summary>One line for a log, harmless whatever the key is.</summary>
    public override string ToString() => $"{DisplayText.Name(Key)}: {Change}";
}

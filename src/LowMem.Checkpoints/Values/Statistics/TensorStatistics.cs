namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>
/// Figures of the values of one tensor. The numbers of a complex tensor are its real and imaginary parts; quantised values are
/// the integers that are stored.
/// </summary>
public sealed record TensorStatistics
{
    /// <summary>The key of the tensor.</summary>
    public required string Key { get; init; }

    /// <summary>The element type, by PyTorch's name.</summary>
    public required string DType { get; init; }

    /// <summary>
    /// How the stored codes and their scales stand for numbers, one of <see cref="Scaled.ScaleSchemes"/>; null when there are no
    /// scales. Where <see cref="DType"/> is <c>float32</c>, the figures are those of the numbers, else those of the codes.
    /// </summary>
    public string? Scheme { get; init; }

    /// <summary>The size of each dimension, in elements; of a slice, those of the slice.</summary>
    public required long[] Shape { get; init; }

    /// <summary>The number of elements.</summary>
    public required long ElementCount { get; init; }

    /// <summary>The least finite number, as a <see cref="double"/>, or exactly as a <see cref="long"/> or <see cref="ulong"/> where elements are integers; null when there is none.</summary>
    public object? Minimum { get; init; }

    /// <summary>The greatest finite number, in the same form.</summary>
    public object? Maximum { get; init; }

    /// <summary>The mean of the finite numbers; null when there are none.</summary>
    public double? Mean { get; init; }

    /// <summary>The standard deviation of the finite numbers, over their count (<c>numpy.std</c>, not <c>torch.std</c>); null when there are none.</summary>
    public double? StandardDeviation { get; init; }

    /// <summary>The square root of the sum of the squares of the finite numbers; of a complex tensor that of its magnitudes.</summary>
    public double L2Norm { get; init; }

    /// <summary>How many numbers are NaN.</summary>
    public long NaNCount { get; init; }

    /// <summary>How many numbers are infinite, of either sign.</summary>
    public long InfinityCount { get; init; }

    /// <summary>How many numbers are zero, of either sign.</summary>
    public long ZeroCount { get; init; }

    /// <summary>
    /// Percentiles of the finite numbers, by their percentages, as <c>numpy.percentile</c> gives them; of more than 65,536 numbers of
    /// 32 or 64 bits, within 1/256 of the number.
    /// </summary>
    public IReadOnlyDictionary<string, double> Percentiles { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, double>.Empty;

    /// <summary>
    /// The ids of the health rules that found something wrong, of <see cref="Diagnostics.FindingCodes"/>; none when nothing is.
    /// <c>UnlikeSiblings</c> compares with the tensors that were looked at so far.
    /// </summary>
    public IReadOnlyList<string> Health { get; init; } = [];

    /// <summary>How the finite numbers are spread; null unless asked for, and of none.</summary>
    public TensorHistogram? Histogram { get; init; }

    /// <summary>
    /// The first values, in row-major order: a <see cref="long"/> (or <see cref="ulong"/>), <see cref="bool"/>, <see cref="double"/> or
    /// <see cref="System.Numerics.Complex"/> each; null unless asked for.
    /// </summary>
    public IReadOnlyList<object>? First { get; init; }

    /// <summary>The SHA-256 of the values, packed and little-endian, in lower-case hexadecimal digits; null unless asked for.</summary>
    public string? Hash { get; init; }

    /// <summary>The slice of the tensor that was looked at, as it was written; null when it was the whole.</summary>
    public string? Slice { get; init; }

    /// <summary>The file that holds the bytes.</summary>
    public required string Path { get; init; }

    /// <summary>The path that was asked for.</summary>
    public required string Checkpoint { get; init; }
}

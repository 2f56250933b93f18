using LowMem.Checkpoints.Values.Statistics;

namespace LowMem.Checkpoints.Parts.Records;

/// <summary>The figures that a part gathered.</summary>
internal sealed record StatisticsRecord
{
    /// <summary>How many tensors there are figures of in all.</summary>
    public required int RowCount { get; init; }

    /// <summary>The bytes read.</summary>
    public required long BytesRead { get; init; }

    /// <summary>The figures that were gathered here.</summary>
    public required List<StatisticsRow> Rows { get; init; }

    /// <summary>The tensors that are still to be compared with those of other parts.</summary>
    public required List<SiblingRecord> Siblings { get; init; }
}

/// <summary>The figures of one tensor, and their place among all.</summary>
internal sealed record StatisticsRow
{
    /// <summary>Its place.</summary>
    public required int Index { get; init; }

    /// <inheritdoc cref="TensorStatistics.Key"/>
    public required string Key { get; init; }

    /// <inheritdoc cref="TensorStatistics.DType"/>
    public required string DType { get; init; }

    /// <inheritdoc cref="TensorStatistics.Scheme"/>
    public string? Scheme { get; init; }

    /// <inheritdoc cref="TensorStatistics.Shape"/>
    public required long[] Shape { get; init; }

    /// <inheritdoc cref="TensorStatistics.ElementCount"/>
    public required long ElementCount { get; init; }

    /// <inheritdoc cref="TensorStatistics.Minimum"/>
    public string? Minimum { get; init; }

    /// <inheritdoc cref="TensorStatistics.Maximum"/>
    public string? Maximum { get; init; }

    /// <inheritdoc cref="TensorStatistics.Mean"/>
    public double? Mean { get; init; }

    /// <inheritdoc cref="TensorStatistics.StandardDeviation"/>
    public double? StandardDeviation { get; init; }

    /// <inheritdoc cref="TensorStatistics.L2Norm"/>
    public double L2Norm { get; init; }

    /// <inheritdoc cref="TensorStatistics.NaNCount"/>
    public long NaNCount { get; init; }

    /// <inheritdoc cref="TensorStatistics.InfinityCount"/>
    public long InfinityCount { get; init; }

    /// <inheritdoc cref="TensorStatistics.ZeroCount"/>
    public long ZeroCount { get; init; }

    /// <summary>The percentages of the percentiles, in order.</summary>
    public required List<string> Percentages { get; init; }

    /// <summary>The percentiles, in order.</summary>
    public required List<double> Percentiles { get; init; }

    /// <inheritdoc cref="TensorStatistics.Health"/>
    public required List<string> Health { get; init; }

    /// <summary>The edges of the histogram; null when there is none.</summary>
    public double[]? Edges { get; init; }

    /// <summary>The counts of the histogram.</summary>
    public long[]? Counts { get; init; }

    /// <inheritdoc cref="TensorStatistics.First"/>
    public List<string>? First { get; init; }

    /// <inheritdoc cref="TensorStatistics.Hash"/>
    public string? Hash { get; init; }

    /// <inheritdoc cref="TensorStatistics.Slice"/>
    public string? Slice { get; init; }

    /// <inheritdoc cref="TensorStatistics.Path"/>
    public required string Path { get; init; }

    /// <inheritdoc cref="TensorStatistics.Checkpoint"/>
    public required string Checkpoint { get; init; }

    /// <summary>Of figures.</summary>
    public static StatisticsRow Of(int index, TensorStatistics figures) => new()
    {
        Index = index,
        Key = figures.Key,
        DType = figures.DType,
        Scheme = figures.Scheme,
        Shape = figures.Shape,
        ElementCount = figures.ElementCount,
        Minimum = NumberText.Write(figures.Minimum),
        Maximum = NumberText.Write(figures.Maximum),
        Mean = figures.Mean,
        StandardDeviation = figures.StandardDeviation,
        L2Norm = figures.L2Norm,
        NaNCount = figures.NaNCount,
        InfinityCount = figures.InfinityCount,
        ZeroCount = figures.ZeroCount,
        Percentages = [.. figures.Percentiles.Keys],
        Percentiles = [.. figures.Percentiles.Values],
        Health = [.. figures.Health],
        Edges = figures.Histogram?.Edges,
        Counts = figures.Histogram?.Counts,
        First = figures.First is null ? null : [.. figures.First.Select(number => NumberText.Write(number)!)],
        Hash = figures.Hash,
        Slice = figures.Slice,
        Path = figures.Path,
        Checkpoint = figures.Checkpoint,
    };

    /// <summary>The figures.</summary>
    public TensorStatistics ToFigures() => new()
    {
        Key = Key,
        DType = DType,
        Scheme = Scheme,
        Shape = Shape,
        ElementCount = ElementCount,
        Minimum = NumberText.Read(Minimum),
        Maximum = NumberText.Read(Maximum),
        Mean = Mean,
        StandardDeviation = StandardDeviation,
        L2Norm = L2Norm,
        NaNCount = NaNCount,
        InfinityCount = InfinityCount,
        ZeroCount = ZeroCount,
        Percentiles = new OrderedDictionary<string, double>(Percentages.Zip(Percentiles, KeyValuePair.Create)),
        Health = [.. Health],
        Histogram = Edges is null ? null : new TensorHistogram { Edges = Edges, Counts = Counts ?? [] },
        First = First is null ? null : [.. First.Select(number => NumberText.Read(number)!)],
        Hash = Hash,
        Slice = Slice,
        Path = Path,
        Checkpoint = Checkpoint,
    };
}

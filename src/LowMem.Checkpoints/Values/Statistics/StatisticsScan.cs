using System.Globalization;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values.Elements;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>Gathers the figures of tensors of one checkpoint. Each byte is read once, on all cores, in bounded memory.</summary>
public sealed class StatisticsScan
{
    /// <summary>So many bytes are looked at before their figures are told: a long scan shows what it finds.</summary>
    private const long GroupLength = 1L << 30;

    private readonly Checkpoint checkpoint;
    private readonly IReadOnlyList<TensorInfo> tensors;

    /// <summary>Plans a scan.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="tensors">The tensors of it to look at, in the order in which their figures come.</param>
    public StatisticsScan(Checkpoint checkpoint, IReadOnlyList<TensorInfo> tensors)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(tensors);
        this.checkpoint = checkpoint;
        this.tensors = tensors;
        ByteLength = tensors.Where(tensor => DescribeUnreadable(tensor) is null).Sum(tensor => DistinctElements.Of(tensor).Tensor.ByteLength);
    }

    /// <summary>The percentages of the percentiles, from 0 to 100.</summary>
    public IReadOnlyList<double> Percentages { get; init; } = [1, 5, 25, 50, 75, 95, 99];

    /// <summary>Whether the SHA-256 of the values is computed as well.</summary>
    public bool ComputesHash { get; init; }

    /// <summary>The bytes of values that are looked at.</summary>
    public long ByteLength { get; }

    /// <summary>Why a tensor has no figures, in words; null when it has.</summary>
    /// <param name="tensor">The tensor.</param>
    public static string? DescribeUnreadable(TensorInfo tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return tensor.UnreadableReason
            ?? (tensor.Layout != TensorLayouts.Strided ? $"it is {tensor.Layout}: name one of its components"
            : Checkpoints.DType.Find(tensor.DType) is not { } type || !ElementConverter.CanRead(type) ? $"elements of type {tensor.DType} are not read as numbers"
            : null);
    }

    /// <summary>Reads the values, and gives the figures of those tensors that have any.</summary>
    /// <param name="progress">Told, from several threads, how many bytes have been looked at; or null.</param>
    /// <param name="cancellationToken">Ends it within a few blocks.</param>
    /// <exception cref="CheckpointException">A file is gone, changed or shorter than it was.</exception>
    public IEnumerable<TensorStatistics> Run(Action<long>? progress, CancellationToken cancellationToken)
    {
        using var reader = new TensorDataReader(checkpoint);
        var group = new List<TensorInfo>();
        long length = 0;
        long done = 0;
        foreach (var tensor in tensors.Where(tensor => DescribeUnreadable(tensor) is null))
        {
            group.Add(tensor);
            length += tensor.ByteLength;
            if (length >= GroupLength)
            {
                foreach (var figures in RunGroup(reader, group, now => progress?.Invoke(done + now), cancellationToken))
                {
                    yield return figures;
                }

                done += length;
                length = 0;
                group.Clear();
            }
        }

        foreach (var figures in RunGroup(reader, group, now => progress?.Invoke(done + now), cancellationToken))
        {
            yield return figures;
        }
    }

    private List<TensorStatistics> RunGroup(TensorDataReader reader, List<TensorInfo> group, Action<long> progress, CancellationToken cancellationToken)
    {
        var plan = new BlockPlan(reader);
        var consumers = new List<(TensorInfo Tensor, long Repeat, StatisticsConsumer Statistics, HashConsumer? Hash)>();
        foreach (var tensor in group)
        {
            var (distinct, repeat) = DistinctElements.Of(tensor);
            var statistics = new StatisticsConsumer(Checkpoints.DType.Get(tensor.DType), distinct.ByteLength, repeat, Percentages);
            plan.Add(distinct, statistics);
            HashConsumer? hash = ComputesHash ? new HashConsumer() : null;
            if (hash is not null)
            {
                plan.Add(tensor, hash);
            }

            consumers.Add((tensor, repeat, statistics, hash));
        }

        BlockPass.Run(plan, (now, _) => progress(now), cancellationToken);
        reader.CheckUnchanged();
        return [.. consumers.Select(item => Describe(item.Tensor, item.Repeat, item.Statistics, item.Hash))];
    }

    private TensorStatistics Describe(TensorInfo tensor, long repeat, StatisticsConsumer statistics, HashConsumer? hash)
    {
        var counts = statistics.Counts;
        var finite = counts.Finite;
        var integers = statistics.Integers;
        bool isInteger = integers != IntegerTotals.None;
        return new TensorStatistics
        {
            Key = tensor.Key,
            DType = tensor.DType,
            Shape = tensor.Shape,
            ElementCount = tensor.ElementCount,
            Minimum = isInteger ? IntegerTotals.ToObject(integers.Minimum) : finite.Count > 0 ? finite.Minimum : null,
            Maximum = isInteger ? IntegerTotals.ToObject(integers.Maximum) : finite.Count > 0 ? finite.Maximum : null,
            Mean = finite.Count == 0 ? null : isInteger ? (double)integers.Sum / finite.Count : finite.Mean,
            StandardDeviation = finite.Count == 0 ? null : Math.Sqrt(finite.SquaredDistances / finite.Count),
            L2Norm = Math.Sqrt(finite.SumOfSquares * repeat),
            NaNCount = checked(counts.NaN * repeat),
            InfinityCount = checked(counts.Infinite * repeat),
            ZeroCount = checked(counts.Zero * repeat),
            Percentiles = new OrderedDictionary<string, double>(Percentages.Zip(
                statistics.Percentiles, (percent, value) => KeyValuePair.Create(percent.ToString(CultureInfo.InvariantCulture), value))),
            Hash = hash?.Sha256,
            Path = tensor.Path,
            Checkpoint = tensor.Checkpoint,
        };
    }
}

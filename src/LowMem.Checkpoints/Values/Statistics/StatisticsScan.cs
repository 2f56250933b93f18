using System.Globalization;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values.Arrays;
using LowMem.Checkpoints.Values.Elements;
using LowMem.Checkpoints.Values.Health;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>Gathers the figures of tensors of one checkpoint. Each byte is read once, on all cores, in bounded memory.</summary>
public sealed class StatisticsScan
{
    /// <summary>So many bytes are looked at before their figures are told: a long scan shows what it finds.</summary>
    private const long GroupLength = 1L << 30;

    private readonly Checkpoint checkpoint;
    private readonly IReadOnlyList<TensorView> views;
    private readonly long valueLength;

    /// <summary>Plans a scan of whole tensors.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="tensors">The tensors of it to look at, in the order in which their figures come; those that have none are left out.</param>
    public StatisticsScan(Checkpoint checkpoint, IReadOnlyList<TensorInfo> tensors)
        : this(checkpoint, [.. tensors.Where(tensor => DescribeUnreadable(tensor) is null).Select(tensor => new TensorView(tensor))])
    {
    }

    /// <summary>Plans a scan.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="views">The parts of its tensors to look at, in the order in which their figures come; all of them have figures.</param>
    public StatisticsScan(Checkpoint checkpoint, IReadOnlyList<TensorView> views)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(views);
        this.checkpoint = checkpoint;
        this.views = views;
        valueLength = views.Sum(view => DistinctElements.Of(view).View.ByteLength);
    }

    /// <summary>The percentages of percentiles unless others are asked for.</summary>
    public static IReadOnlyList<double> DefaultPercentages { get; } = [1, 5, 25, 50, 75, 95, 99];

    /// <summary>The percentages of the percentiles, from 0 to 100.</summary>
    public IReadOnlyList<double> Percentages { get; init; } = DefaultPercentages;

    /// <summary>Whether the SHA-256 of the values is computed as well.</summary>
    public bool ComputesHash { get; init; }

    /// <summary>How many bins the histograms have; 0 for none. They take a second pass.</summary>
    public int BinCount { get; init; }

    /// <summary>How many values of each are kept as they are, from the first on.</summary>
    public int FirstCount { get; init; }

    /// <summary>The bytes of values that are looked at, in all passes.</summary>
    public long ByteLength => valueLength * PassCount;

    private int PassCount => BinCount > 0 ? 2 : 1;

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

    /// <summary>Reads the values, and gives the figures of one after the other.</summary>
    /// <param name="progress">Told, from several threads, how many bytes have been looked at; or null.</param>
    /// <param name="cancellationToken">Ends it within a few blocks.</param>
    /// <exception cref="CheckpointException">A file is gone, changed or shorter than it was.</exception>
    public IEnumerable<TensorStatistics> Run(Action<long>? progress, CancellationToken cancellationToken) =>
        RunGroups(progress, cancellationToken).SelectMany(group => group);

    /// <summary>The same, so many at a time as are read together.</summary>
    /// <param name="progress">Told, from several threads, how many bytes have been looked at; or null.</param>
    /// <param name="cancellationToken">Ends it within a few blocks.</param>
    /// <exception cref="CheckpointException">A file is gone, changed or shorter than it was.</exception>
    public IEnumerable<IReadOnlyList<TensorStatistics>> RunGroups(Action<long>? progress, CancellationToken cancellationToken)
    {
        using var reader = new TensorDataReader(checkpoint);
        var health = new HealthCheck(checkpoint);
        var group = new List<TensorView>();
        long length = 0;
        long done = 0;
        foreach (var view in views)
        {
            group.Add(view);
            length += DistinctElements.Of(view).View.ByteLength;
            if (length >= GroupLength)
            {
                long before = done;
                yield return RunGroup(reader, health, group, now => progress?.Invoke(before + now), cancellationToken);
                done += length * PassCount;
                length = 0;
                group.Clear();
            }
        }

        if (group.Count > 0)
        {
            yield return RunGroup(reader, health, group, now => progress?.Invoke(done + now), cancellationToken);
        }
    }

    private List<TensorStatistics> RunGroup(
        TensorDataReader reader, HealthCheck health, List<TensorView> group, Action<long> progress, CancellationToken cancellationToken)
    {
        var plan = new BlockPlan(reader);
        var consumers = new List<(TensorView View, long Repeat, StatisticsConsumer Statistics, HashConsumer? Hash)>();
        foreach (var view in group)
        {
            var (distinct, repeat) = DistinctElements.Of(view);
            var statistics = new StatisticsConsumer(Checkpoints.DType.Get(view.Tensor.DType), distinct.ByteLength, repeat, Percentages);
            plan.Add(distinct, statistics);
            if (EvidenceConsumer.CanExamine(statistics.Type) && view.ElementCount > 0)
            {
                var evidence = new EvidenceConsumer(0, statistics.Type, distinct.ByteLength, isBigEndian: false);
                plan.Add(distinct, evidence);
                health.Add(view, evidence, repeat);
            }

            HashConsumer? hash = ComputesHash ? new HashConsumer() : null;
            if (hash is not null)
            {
                plan.Add(view, hash);
            }

            consumers.Add((view, repeat, statistics, hash));
        }

        BlockPass.Run(plan, (now, _) => progress(now), cancellationToken);
        var ids = Judge(reader, health, cancellationToken);
        long looked = group.Sum(view => DistinctElements.Of(view).View.ByteLength);
        var histograms = BinCount == 0 ? null : RunHistograms(reader, consumers.ConvertAll(item => (item.View, item.Repeat, item.Statistics)), now => progress(looked + now), cancellationToken);
        List<TensorStatistics> all = [.. consumers.Select((item, index) => Describe(item.View, item.Repeat, item.Statistics, item.Hash) with
        {
            Histogram = histograms?[index]?.Histogram,
            Health = ids.GetValueOrDefault(item.View, []),
            First = FirstCount == 0 ? null : ElementReader.ReadFirst(reader, item.View, FirstCount, cancellationToken),
        })];
        reader.CheckUnchanged();
        return all;
    }

    /// <summary>The ids of the rules that found something wrong, by the tensor.</summary>
    private static Dictionary<TensorView, string[]> Judge(TensorDataReader reader, HealthCheck health, CancellationToken cancellationToken)
    {
        var plan = new BlockPlan(reader);
        if (health.PlanCloserLook(plan, _ => true))
        {
            BlockPass.Run(plan, null, cancellationToken);
        }

        return health.Conclude().ToDictionary(
            judged => judged.Subject.View,
            judged => judged.Findings.Where(finding => finding.Severity != FindingSeverity.Information).Select(finding => finding.Code).ToArray());
    }

    /// <summary>Counts by bins, now that the least and the greatest number are known; null where there is none.</summary>
    private List<HistogramConsumer?> RunHistograms(
        TensorDataReader reader, List<(TensorView View, long Repeat, StatisticsConsumer Statistics)> items, Action<long> progress, CancellationToken cancellationToken)
    {
        var plan = new BlockPlan(reader);
        var consumers = new List<HistogramConsumer?>();
        foreach (var (view, repeat, statistics) in items)
        {
            var finite = statistics.Counts.Finite;
            consumers.Add(finite.Count == 0
                ? null
                : new HistogramConsumer(Checkpoints.DType.Get(view.Tensor.DType), finite.Minimum, finite.Maximum, repeat, BinCount));
            if (consumers[^1] is { } consumer)
            {
                plan.Add(DistinctElements.Of(view).View, consumer);
            }
        }

        BlockPass.Run(plan, (now, _) => progress(now), cancellationToken);
        return consumers;
    }

    private TensorStatistics Describe(TensorView view, long repeat, StatisticsConsumer statistics, HashConsumer? hash)
    {
        var tensor = view.Tensor;
        var counts = statistics.Counts;
        var finite = counts.Finite;
        var integers = statistics.Integers;
        bool isInteger = integers != IntegerTotals.None;
        return new TensorStatistics
        {
            Key = tensor.Key,
            DType = tensor.DType,
            Shape = [.. view.Shape],
            ElementCount = view.ElementCount,
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

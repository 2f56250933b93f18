using System.Globalization;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values.Arrays;
using LowMem.Checkpoints.Values.Elements;
using LowMem.Checkpoints.Values.Health;
using LowMem.Checkpoints.Values.Scaled;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>Gathers the figures of tensors of one checkpoint. Each byte is read once, on all cores, in bounded memory.</summary>
public sealed class StatisticsScan
{
    /// <summary>So many bytes are looked at before their figures are told: a long scan shows what it finds.</summary>
    private const long GroupLength = 1L << 30;

    /// <summary>So many scales are kept in memory at a time, or those of one tensor.</summary>
    private const long MostScales = 4 << 20;

    private readonly Checkpoint checkpoint;
    private readonly IReadOnlyList<TensorView> views;

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
    }

    /// <summary>The percentages of percentiles unless others are asked for.</summary>
    public static IReadOnlyList<double> DefaultPercentages { get; } = [1, 5, 25, 50, 75, 95, 99];

    /// <summary>The percentages of the percentiles, from 0 to 100.</summary>
    public IReadOnlyList<double> Percentages { get; init; } = DefaultPercentages;

    /// <summary>Whether the SHA-256 of the values is computed as well.</summary>
    public bool ComputesHash { get; init; }

    /// <summary>How many bins the histograms have; 0 for none. For those of more numbers than are kept or counted one by one, they are read again.</summary>
    public int BinCount { get; init; }

    /// <summary>How many values of each are kept as they are, from the first on.</summary>
    public int FirstCount { get; init; }

    /// <summary>The views, of those to look at, that are the codes of tensors whose numbers are wanted.</summary>
    public IReadOnlyDictionary<TensorView, ScaledView> Scaled { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<TensorView, ScaledView>.Empty;

    /// <summary>The bytes of values that are looked at, in all passes.</summary>
    public long ByteLength => views.Sum(CountLooks);

    /// <summary>Which of the views are looked at here, by their places; null when all are. The others are taken to be looked at elsewhere.</summary>
    internal Func<int, bool>? IsHere { get; init; }

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
    public IEnumerable<IReadOnlyList<TensorStatistics>> RunGroups(Action<long>? progress, CancellationToken cancellationToken) =>
        RunPlaced(progress, cancellationToken).Select(group => (IReadOnlyList<TensorStatistics>)[.. group.Figures.Select(row => row.Figures)]);

    /// <summary>The same, with the places of the views, and what is to be compared with those that are looked at elsewhere.</summary>
    internal IEnumerable<StatisticsGroup> RunPlaced(Action<long>? progress, CancellationToken cancellationToken)
    {
        using var reader = new TensorDataReader(checkpoint);
        var health = new HealthCheck(checkpoint) { ComparesSiblings = IsHere is null };
        var group = new List<(int Index, TensorView View)>();
        int number = 0;
        long length = 0;
        long looks = 0;
        long scales = 0;
        long done = 0;
        foreach (var (index, view) in views.Index())
        {
            // Who looks at a part of them still counts all: groups are the same for everybody.
            length += DistinctElements.Of(view).View.ByteLength;
            looks += CountLooks(view);
            scales += Scaled.GetValueOrDefault(view)?.Tensor.Grid.Count ?? 0;
            if (IsHere?.Invoke(index) ?? true)
            {
                group.Add((index, view));
            }

            if (length >= GroupLength || scales >= MostScales)
            {
                long before = done;
                yield return RunGroup(reader, health, number++, group, now => progress?.Invoke(before + now), cancellationToken);
                done += looks;
                length = 0;
                looks = 0;
                scales = 0;
                group.Clear();
            }
        }

        if (group.Count > 0)
        {
            yield return RunGroup(reader, health, number, group, now => progress?.Invoke(done + now), cancellationToken);
        }
    }

    /// <summary>The bytes that are looked at for the figures of a tensor.</summary>
    private long CountLooks(TensorView view)
    {
        long length = DistinctElements.Of(view).View.ByteLength;
        if (BinCount == 0)
        {
            return length;
        }

        var numbers = Scaled.GetValueOrDefault(view)?.Numbers;
        return StatisticsConsumer.HoldsAll(Checkpoints.DType.Get((numbers ?? view).Tensor.DType), numbers?.ByteLength ?? length) ? length : 2 * length;
    }

    private StatisticsGroup RunGroup(
        TensorDataReader reader, HealthCheck health, int number, List<(int Index, TensorView View)> group, Action<long> progress, CancellationToken cancellationToken)
    {
        var plan = new BlockPlan(reader);
        List<Item> items = [.. group.Select(each => new Item(each.View, Scaled.GetValueOrDefault(each.View), reader, this, cancellationToken))];
        foreach (var item in items)
        {
            item.Plan(plan, health);
        }

        BlockPass.Run(plan, (now, _) => progress(now), cancellationToken);
        var ids = Judge(reader, health, cancellationToken);
        long looked = group.Sum(each => DistinctElements.Of(each.View).View.ByteLength);
        var histograms = RunHistograms(reader, items, now => progress(looked + now), cancellationToken);
        List<(int Index, TensorStatistics Figures)> all = [.. items.Select((item, place) => (group[place].Index, Describe(item) with
        {
            Histogram = item.Statistics.Histogram ?? histograms[place]?.Histogram,
            Health = item.Evidence is null ? [] : ids[item.Evidence],
            First = FirstCount == 0 ? null : item.ReadFirst(reader, FirstCount, cancellationToken),
        }))];
        reader.CheckUnchanged();
        List<PlacedSibling> siblings = [.. items.Select((item, place) => item.Subject is { } subject && SiblingFact.Of(subject) is { } fact
            ? new PlacedSibling(group[place].Index, number, fact)
            : null).OfType<PlacedSibling>()];
        return new StatisticsGroup(all, siblings);
    }

    /// <summary>The ids of the rules that found something wrong, by the tensor.</summary>
    private static Dictionary<EvidenceConsumer, string[]> Judge(TensorDataReader reader, HealthCheck health, CancellationToken cancellationToken)
    {
        var plan = new BlockPlan(reader);
        if (health.PlanCloserLook(plan, _ => true))
        {
            BlockPass.Run(plan, null, cancellationToken);
        }

        return health.Conclude().ToDictionary(
            judged => judged.Subject.Evidence,
            judged => judged.Findings.Where(finding => finding.Severity != FindingSeverity.Information).Select(finding => finding.Code).ToArray());
    }

    /// <summary>Counts by bins, now that the least and the greatest number are known; null where there is no number, or all have been counted.</summary>
    private List<HistogramConsumer?> RunHistograms(TensorDataReader reader, List<Item> items, Action<long> progress, CancellationToken cancellationToken)
    {
        var plan = new BlockPlan(reader);
        var consumers = new List<HistogramConsumer?>();
        foreach (var item in items)
        {
            var finite = item.Statistics.Counts.Finite;
            consumers.Add(item.Statistics.NeedsSecondLook && finite.Count > 0
                ? new HistogramConsumer(item.Statistics.Type, item.Repeat, new HistogramBins(finite.Minimum, finite.Maximum, BinCount))
                : null);
            if (consumers[^1] is { } consumer)
            {
                item.Add(plan, consumer);
            }
        }

        if (consumers.Exists(consumer => consumer is not null))
        {
            BlockPass.Run(plan, (now, _) => progress(now), cancellationToken);
        }

        return consumers;
    }

    private TensorStatistics Describe(Item item)
    {
        var (view, repeat, statistics, hash) = (item.Shown, item.Repeat, item.Statistics, item.Hash);
        var tensor = view.Tensor;
        var counts = statistics.Counts;
        var finite = counts.Finite;
        var integers = statistics.Integers;
        return new TensorStatistics
        {
            Key = tensor.Key,
            DType = tensor.DType,
            Scheme = item.Scaled?.Tensor.Scheme,
            Shape = [.. view.Shape],
            ElementCount = view.ElementCount,
            Minimum = integers?.GetMinimum() ?? (finite.Count > 0 ? finite.Minimum : null),
            Maximum = integers?.GetMaximum() ?? (finite.Count > 0 ? finite.Maximum : null),
            Mean = finite.Count == 0 ? null : integers?.GetMean(finite.Count) ?? finite.Mean,
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

    /// <summary>A part of a tensor, what gathers its figures, and how its numbers come to them.</summary>
    private sealed class Item
    {
        private readonly TensorView distinct;
        private readonly ScaleTable? table;

        public Item(
            TensorView view, ScaledView? scaled, TensorDataReader reader, StatisticsScan scan, CancellationToken cancellationToken)
        {
            View = view;
            Scaled = scaled;
            Shown = scaled?.Numbers ?? view;
            table = scaled is null ? null : ScaleTable.Read(reader, scaled, cancellationToken);

            // Which scale a code has is known by its place: where there is more than one, each is taken in its place.
            (distinct, Repeat) = scaled is null or { Tensor.Grid.Count: 1 } ? DistinctElements.Of(view) : (view, 1);
            var type = Checkpoints.DType.Get(Shown.Tensor.DType);
            long length = scaled is null ? distinct.ByteLength : Shown.ByteLength / Repeat;
            Evidence = EvidenceConsumer.CanExamine(type) && view.ElementCount > 0 ? new EvidenceConsumer(0, type, length, isBigEndian: false) : null;
            Statistics = new StatisticsConsumer(type, length, Repeat, scan.Percentages, Evidence) { BinCount = scan.BinCount };
            Hash = scan.ComputesHash ? new HashConsumer() : null;
        }

        public TensorView View { get; }

        public ScaledView? Scaled { get; }

        /// <summary>The numbers as they are described.</summary>
        public TensorView Shown { get; }

        public long Repeat { get; }

        public StatisticsConsumer Statistics { get; }

        public EvidenceConsumer? Evidence { get; }

        public HashConsumer? Hash { get; }

        /// <summary>What the health rules judge; null when they judge no such values.</summary>
        public HealthSubject? Subject { get; private set; }

        public void Plan(BlockPlan plan, HealthCheck health)
        {
            Add(plan, Statistics);
            if (Evidence is not null)
            {
                if (!Statistics.GathersEvidence)
                {
                    Add(plan, Evidence);
                }

                Subject = health.Add(Shown, Evidence, Repeat, table is null ? null : Add);
            }

            if (Hash is not null)
            {
                plan.Add(View, Wrap(Hash));
            }
        }

        /// <summary>Wants the numbers, those that are repeated once.</summary>
        public void Add(BlockPlan plan, IBlockConsumer consumer) => plan.Add(distinct, Wrap(consumer));

        public IReadOnlyList<object> ReadFirst(TensorDataReader reader, int most, CancellationToken cancellationToken)
        {
            if (Scaled is null)
            {
                return ElementReader.ReadFirst(reader, View, most, cancellationToken);
            }

            var numbers = new float[Math.Min(most, Scaled.ElementCount)];
            new ScaledReader(reader, Scaled).Read(0, numbers, cancellationToken);
            return [.. numbers.Select(number => (object)(double)number)];
        }

        private IBlockConsumer Wrap(IBlockConsumer consumer) => table is null ? consumer : new DequantizingConsumer(table, consumer);
    }
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Comparison;

/// <summary>Finds what differs between two checkpoints. Both are read together, in bounded memory and on all cores.</summary>
public sealed class CheckpointComparison
{
    private readonly Checkpoint reference;
    private readonly Checkpoint difference;
    private readonly ComparisonOptions options;
    private readonly DifferenceFactory factory;
    private readonly TensorMatching matching;
    private readonly RenameSearch renames;
    private readonly List<CheckpointException> faults = [];
    private readonly List<CheckpointDifference> keys = [];
    private readonly List<CheckpointDifference> equal = [];
    private readonly List<CheckpointDifference> values = [];
    private readonly List<(CheckpointChange Change, TensorInfo Reference, TensorInfo Difference, TensorPair Pair)> tensors = [];
    private readonly Dictionary<(TensorIdentity, TensorIdentity), TensorPair> pairs = [];
    private readonly ScanBudget referenceBudget;
    private readonly ScanBudget differenceBudget;

    /// <summary>Plans a comparison: which tensors belong together, and which bytes have to be read. Nothing is read yet.</summary>
    /// <param name="reference">What is compared with.</param>
    /// <param name="difference">What is compared.</param>
    /// <param name="options">What counts as a difference; null for every one.</param>
    /// <exception cref="Keys.KeyMapException">The map of keys has no clear answer.</exception>
    public CheckpointComparison(Checkpoint reference, Checkpoint difference, ComparisonOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(difference);
        this.reference = reference;
        this.difference = difference;
        this.options = options ?? new ComparisonOptions();
        factory = new DifferenceFactory(reference.Path, difference.Path);
        referenceBudget = new ScanBudget(reference.Files);
        differenceBudget = new ScanBudget(difference.Files);
        matching = new TensorMatching(reference.Tensors, difference.Tensors, this.options);
        foreach (var (one, other) in matching.Both)
        {
            Plan(one, other);
        }

        CompareValues();
        renames = new RenameSearch(matching.Removed.Where(referenceBudget.TryTake), matching.Added.Where(differenceBudget.TryTake));
        ByteLength = (long)Int128.Min(
            long.MaxValue, pairs.Values.Aggregate((Int128)renames.ByteLength, (sum, pair) => sum + pair.Reference.ByteLength + pair.Difference.ByteLength));
    }

    /// <summary>The bytes of values that are read, of both sides.</summary>
    public long ByteLength { get; }

    /// <summary>When no tensor of one side was met on the other, and one rule would change that: the rule; else null.</summary>
    public PrefixHint? FindHint() => options.KeyMap is not null || matching.Both.Count > 0 ? null : PrefixHint.Find(
        [.. matching.Removed.Select(tensor => tensor.Key)], [.. matching.Added.Select(tensor => tensor.Key)]);

    /// <summary>Reads and compares.</summary>
    /// <param name="progress">Told, from several threads, how many bytes have been dealt with; or null.</param>
    /// <param name="cancellationToken">Ends it within a few blocks.</param>
    /// <exception cref="CheckpointException">A file is gone, changed or shorter than it was: nothing is known then.</exception>
    public ComparisonResult Run(Action<long>? progress, CancellationToken cancellationToken)
    {
        bool isEnough = options.StopsAtFirst && keys.Count + values.Count + matching.Removed.Count + matching.Added.Count > 0;
        if (isEnough)
        {
            return new ComparisonResult([.. DescribeKeys([]), .. values], faults);
        }

        using var left = new TensorDataReader(reference);
        using var right = new TensorDataReader(difference);
        long done = 0;
        void Report(long bytes) => progress?.Invoke(Interlocked.Add(ref done, bytes));
        var renamed = renames.Run(left, right, Report, cancellationToken);
        PairedPass.Run(left, right, [.. pairs.Values], Report, options.StopsAtFirst, cancellationToken);
        left.CheckUnchanged();
        right.CheckUnchanged();
        return new ComparisonResult([.. DescribeKeys(renamed), .. DescribeTensors(), .. values, .. equal], faults);
    }

    private static string? DescribeUnreadable(TensorInfo tensor) => tensor.UnreadableReason
        ?? (tensor.Layout != TensorLayouts.Strided ? $"it is {tensor.Layout}"
        : Checkpoints.DType.Find(tensor.DType) is null ? $"elements of type {tensor.DType} are not read as numbers"
        : null);

    /// <summary>Whether the numbers of one are the numbers of the other: as many, and integers that stand for something are known to.</summary>
    private static bool HaveComparableNumbers(TensorInfo one, TensorInfo other) =>
        ComparedNumbers.Count(one) == ComparedNumbers.Count(other)
        && (one.Quantization is { Scale: null }) == (other.Quantization is { Scale: null })
        && (one.Quantization is not { Scale: null } || (one.DType == other.DType && one.Quantization.Axis == other.Quantization!.Axis));

    private void Plan(TensorInfo one, TensorInfo other)
    {
        if (!one.Shape.AsSpan().SequenceEqual(other.Shape))
        {
            keys.Add(factory.Create(CheckpointChange.Shape, one, other));
            return;
        }

        bool isOfOneType = one.DType == other.DType && one.Layout == other.Layout && Equals(one.Quantization, other.Quantization);
        var change = isOfOneType ? CheckpointChange.Equal : CheckpointChange.DType;
        if (one.Layout != other.Layout)
        {
            keys.Add(factory.Create(change, one, other));
        }
        else if ((DescribeUnreadable(one) ?? DescribeUnreadable(other)) is { } reason)
        {
            // What a sparse tensor is made of is compared by itself.
            bool isMadeOfOthers = one.Layout != TensorLayouts.Strided && one.Components.Count > 0 && other.Components.Count > 0;
            if (!isMadeOfOthers)
            {
                AddFault(DescribeUnreadable(one) is null ? other : one, reason);
            }
            else if (!isOfOneType)
            {
                keys.Add(factory.Create(change, one, other));
            }
        }
        else if (one.ElementCount == 0)
        {
            (isOfOneType ? AddEqual() : keys)?.Add(factory.CreateEqual(change, one, other));
        }
        else if (!HaveComparableNumbers(one, other))
        {
            keys.Add(factory.Create(CheckpointChange.DType, one, other));
        }
        else
        {
            // Tied tensors are compared once.
            var identity = (TensorIdentity.OfView(one), TensorIdentity.OfView(other));
            if (!pairs.TryGetValue(identity, out var pair))
            {
                pair = new TensorPair(one, other, options);
                if (!referenceBudget.TryTake(pair.Reference) || !differenceBudget.TryTake(pair.Difference))
                {
                    AddFault(one, "its bytes, with those of the tensors before it, are far more than the file has: they overlap");
                    return;
                }

                pairs.Add(identity, pair);
            }

            tensors.Add((change, one, other, pair));
        }
    }

    private void AddFault(TensorInfo tensor, string reason) => faults.Add(new CheckpointException(
        CheckpointErrorIds.Unsupported, tensor.Path, $"'{DisplayText.Name(tensor.Key)}' cannot be compared: {reason}.")
    { Record = tensor.Key });

    private List<CheckpointDifference>? AddEqual() => options is { IncludesEqual: true, StopsAtFirst: false } ? equal : null;

    private void CompareValues()
    {
        var comparer = new ValueComparer(options);
        var others = new OrderedDictionary<string, (string Key, object? Value)>(StringComparer.Ordinal);
        foreach (var (key, value) in difference.Values)
        {
            if (TensorMatching.GetKey(key, options) is { } mapped)
            {
                others.TryAdd(mapped, (key, value));
            }
        }

        foreach (var (key, value) in reference.Values.Where(item => options.Includes?.Invoke(item.Key) ?? true))
        {
            if (!others.Remove(key, out var other))
            {
                values.Add(factory.Create(CheckpointChange.Removed, key, value, null, null));
                continue;
            }

            bool isEqual = comparer.AreEqual(value, other.Value);
            (isEqual ? AddEqual() : values)?.Add(
                factory.Create(isEqual ? CheckpointChange.Equal : CheckpointChange.Value, key, value, other.Key, other.Value) with
                {
                    MaximumAbsoluteDifference = ValueComparer.GetDistance(value, other.Value),
                    MaximumRelativeDifference = ValueComparer.GetRelativeDistance(value, other.Value),
                });
        }

        values.AddRange(others.Values.Select(other => factory.Create(CheckpointChange.Added, null, null, other.Key, other.Value)));
    }

    private IEnumerable<CheckpointDifference> DescribeKeys(List<(TensorInfo Reference, TensorInfo Difference)> renamed)
    {
        var moved = new HashSet<TensorInfo>(renamed.SelectMany(pair => (TensorInfo[])[pair.Reference, pair.Difference]), ReferenceEqualityComparer.Instance);
        return matching.Removed.Where(tensor => !moved.Contains(tensor))
            .Select(tensor => factory.Create(CheckpointChange.Removed, tensor.Key, tensor, null, null))
            .Concat(matching.Added.Where(tensor => !moved.Contains(tensor))
                .Select(tensor => factory.Create(CheckpointChange.Added, null, null, tensor.Key, tensor)))
            .Concat(renamed.Select(pair => factory.CreateEqual(CheckpointChange.Renamed, pair.Reference, pair.Difference)))
            .Concat(keys);
    }

    /// <summary>What moved most comes first.</summary>
    private List<CheckpointDifference> DescribeTensors()
    {
        var found = new List<CheckpointDifference>();
        foreach (var (change, one, other, pair) in tensors)
        {
            bool isEqual = change == CheckpointChange.Equal && !pair.HasDifference;
            var into = isEqual ? AddEqual() : found;

            // Of one type, numbers that differ count for more than scales that do.
            var told = pair.HasDifference && one.DType == other.DType ? CheckpointChange.Value : change;
            into?.Add(pair.HasChange ? factory.Create(told, one, other, pair) : factory.CreateEqual(told, one, other));
        }

        return [.. found.OrderByDescending(item => item.NonFiniteDifferences > 0 ? double.PositiveInfinity : item.RelativeChange ?? double.PositiveInfinity)];
    }
}

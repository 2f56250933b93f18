using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Values.Scaled;

namespace LowMem.Checkpoints.Sharding;

/// <summary>What each tensor of a model becomes in one shard of it, worked out and checked before anything is read.</summary>
public sealed class ShardPlan
{
    private const int MaxNamed = 20;

    private readonly Dictionary<TensorInfo, ShardRange> ranges = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<TensorInfo, TensorInfo> slices = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> emptyKeys = [];

    private ShardPlan(ShardNumber shard) => Shard = shard;

    /// <summary>Which shard it is.</summary>
    public ShardNumber Shard { get; }

    /// <summary>How many tensors are split.</summary>
    public int SplitCount => ranges.Count;

    /// <summary>How many tensors are whole in every shard.</summary>
    public int WholeCount { get; private set; }

    /// <summary>The names of the tensors of which this shard has nothing, because there are more shards than chunks.</summary>
    public IReadOnlyList<string> EmptyKeys => emptyKeys;

    /// <summary>Works out a shard.</summary>
    /// <param name="checkpoint">What is split.</param>
    /// <param name="shard">Which shard.</param>
    /// <param name="rules">How.</param>
    /// <param name="tensors">The tensors that are wanted. Each has to have a rule.</param>
    /// <param name="names">The names of these and of all that could have been wanted. Each rule has to be for one of them.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="CheckpointException">Something cannot be split, or not by these rules: one error that names all of it.</exception>
    /// <exception cref="KeyMapException">A pattern takes too long.</exception>
    public static ShardPlan Create(
        Checkpoint checkpoint,
        ShardNumber shard,
        ShardRules rules,
        IReadOnlyCollection<ShardedKey> tensors,
        IReadOnlyCollection<string> names,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(shard);
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(names);
        var placements = new ShardPlacements(checkpoint, shard, rules, cancellationToken);
        var plan = new ShardPlan(shard);
        var problems = placements.Problems;
        foreach (string unused in rules.FindUnused(names).Distinct(StringComparer.Ordinal))
        {
            problems.Add($"the rule '{DisplayText.Name(unused)}' is for no key. Case counts; * stands for any characters, dots among them");
        }

        foreach (var (key, range) in placements.Find(tensors))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (range is null)
            {
                plan.WholeCount++;
            }
            else
            {
                plan.Add(key, range, problems);
            }
        }

        ThrowIfAny(checkpoint.Path, shard, problems);
        return plan;
    }

    /// <summary>The slice of a tensor; the tensor itself when it stays whole.</summary>
    /// <param name="tensor">One of the tensors that the plan was made for: the same object.</param>
    public TensorInfo Take(TensorInfo tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return slices.GetValueOrDefault(tensor, tensor);
    }

    /// <summary>The part of a tensor that the shard has; null when that is all of it.</summary>
    /// <param name="tensor">One of the tensors that the plan was made for.</param>
    public ShardRange? FindRange(TensorInfo tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return ranges.GetValueOrDefault(tensor);
    }

    private static void ThrowIfAny(string path, ShardNumber shard, List<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new CheckpointException(
                CheckpointErrorIds.ShardInvalid,
                path,
                $"there is no shard {shard} by these rules, and nothing was made of it:",
                lines:
                [
                    .. problems.Take(MaxNamed).Select(problem => $"  {problem}"),
                    .. problems.Count > MaxNamed ? (string[])[$"  and {problems.Count - MaxNamed} more"] : [],
                ]);
        }
    }

    private void Add(ShardedKey key, ShardRange range, List<string> problems)
    {
        var tensor = key.Tensor;
        if (key.NumberShape is null && tensor.UnreadableReason is null)
        {
            if (ShardSlice.Take(tensor, range.Dimension, range.Start, range.Length) is not { } slice)
            {
                problems.Add($"'{DisplayText.Name(key.Name)}': elements of type {tensor.DType} share bytes, and the slice does not begin and end at whole ones");
                return;
            }

            slices[tensor] = slice;
        }

        ranges[tensor] = range;
        if (range.Length == 0)
        {
            emptyKeys.Add(key.Name);
        }
    }
}

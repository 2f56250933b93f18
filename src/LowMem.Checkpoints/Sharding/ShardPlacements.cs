using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values.Scaled;

namespace LowMem.Checkpoints.Sharding;

/// <summary>Finds for each tensor what the rules make of it, and collects what they do not answer.</summary>
internal sealed class ShardPlacements(Checkpoint checkpoint, ShardNumber shard, ShardRules rules, CancellationToken cancellationToken)
{
    private const int MaxNamed = 10;

    /// <summary>What is wrong.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>The part of each tensor that the shard has; null for one that stays whole.</summary>
    public IEnumerable<(ShardedKey Key, ShardRange? Range)> Find(IReadOnlyCollection<ShardedKey> keys)
    {
        var found = new Dictionary<ShardedKey, ShardRange?>(ReferenceEqualityComparer.Instance);
        var without = new List<string>();
        var scales = FindScales(keys);
        foreach (var key in keys)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var placement = rules.Find(key.Name, out string? problem);
            if (problem is not null)
            {
                Add(key, problem);
            }
            else if (placement is not null)
            {
                found[key] = GetRange(key, placement, scales.OfScale.ContainsKey(key.Tensor));
            }
            else if (!scales.OfScale.ContainsKey(key.Tensor))
            {
                without.Add(key.Name);
            }
        }

        if (without.Count > 0)
        {
            Problems.Add(
                $"no rule is for {(without.Count == 1 ? "this key" : $"these {without.Count} keys")}: {DisplayText.Names(without, MaxNamed)}. "
                + "Say what becomes of them; '*' = 'Replicate' keeps whole on every rank what no other rule is for");
        }

        CheckTies(found);
        Follow(scales, found);
        return keys.Where(found.ContainsKey).Select(key => (key, found[key]));
    }

    private void Add(ShardedKey key, string problem) => Problems.Add($"'{DisplayText.Name(key.Name)}': {problem}");

    private ShardRange? GetRange(ShardedKey key, ShardPlacement placement, bool isScale)
    {
        if (placement.Dimension is null)
        {
            return null;
        }

        if (placement.Find(key.Shape.Count) is not { } dimension)
        {
            // What becomes of scales is said by their codes; a rule for both may be no rule for the scales alone.
            if (!isScale)
            {
                string shape = string.Join(", ", key.Shape);
                Add(key, key.Shape.Count == 0
                    ? $"it has no dimensions, and cannot be split ({placement}): its rule is to be 'Replicate'"
                    : $"its shape [{shape}] has no dimension {placement.Dimension}; they are counted from 0, and from the end when negative");
            }

            return null;
        }

        if (key.Tensor.Layout != TensorLayouts.Strided)
        {
            Add(key, $"it is {key.Tensor.Layout}, and only dense tensors are split: its rule is to be 'Replicate'");
            return null;
        }

        var (start, length) = shard.GetRange(key.Shape[dimension]);
        return length == key.Shape[dimension] ? null : new ShardRange(dimension, start, length);
    }

    /// <summary>One tensor of two names is one tensor in every shard.</summary>
    private void CheckTies(Dictionary<ShardedKey, ShardRange?> found)
    {
        var first = new Dictionary<TensorIdentity, ShardedKey>();
        foreach (var (key, range) in found)
        {
            if (!first.TryAdd(TensorIdentity.OfView(key.Tensor), key) && first[TensorIdentity.OfView(key.Tensor)] is var other && found[other] != range)
            {
                Add(key, $"it is the same tensor as '{DisplayText.Name(other.Name)}', and the rules split the two in different ways");
            }
        }
    }

    /// <summary>The codes of each scale, and the other way round, among the tensors that are taken as they are stored.</summary>
    private (Dictionary<TensorInfo, ScaledTensor> OfScale, Dictionary<ScaledTensor, (ShardedKey Codes, ShardedKey? Scale)> Pairs) FindScales(
        IReadOnlyCollection<ShardedKey> keys)
    {
        var ofScale = new Dictionary<TensorInfo, ScaledTensor>(ReferenceEqualityComparer.Instance);
        var pairs = new Dictionary<ScaledTensor, (ShardedKey, ShardedKey?)>(ReferenceEqualityComparer.Instance);
        var all = ScaledTensors.Find(checkpoint, cancellationToken).All;
        if (all.Count == 0)
        {
            return (ofScale, pairs);
        }

        var byKey = new Dictionary<string, ShardedKey>(StringComparer.Ordinal);
        foreach (var key in keys.Where(key => key.NumberShape is null))
        {
            byKey.TryAdd(key.Tensor.Key, key);
        }

        foreach (var scaled in all.Where(scaled => scaled.Stored.Quantization is null))
        {
            if (byKey.TryGetValue(scaled.Stored.Key, out var codes))
            {
                var scale = scaled.Scales is { } scales ? byKey.GetValueOrDefault(scales.Key) : null;
                pairs.Add(scaled, (codes, scale));
                if (scale is not null)
                {
                    ofScale.TryAdd(scale.Tensor, scaled);
                }
            }
        }

        return (ofScale, pairs);
    }

    private void Follow(
        (Dictionary<TensorInfo, ScaledTensor> OfScale, Dictionary<ScaledTensor, (ShardedKey Codes, ShardedKey? Scale)> Pairs) scales,
        Dictionary<ShardedKey, ShardRange?> found)
    {
        foreach (var (scaled, (codes, scale)) in scales.Pairs)
        {
            if (!found.TryGetValue(codes, out var range))
            {
                continue;
            }

            ShardRange? needed = null;
            string? problem = null;
            if (range is not null)
            {
                needed = scaled.Problem is null ? ScaleShards.Find(scaled, range, out problem) : null;
                problem ??= scaled.Problem is null ? null : $"{scaled.Problem}; so it cannot be split: its rule is to be 'Replicate'";
            }

            if (problem is not null)
            {
                Add(codes, problem);
            }
            else if (scale is not null)
            {
                Check(codes, scale, found.TryGetValue(scale, out var said) ? said : needed, needed);
                found[scale] = needed;
            }
        }
    }

    /// <summary>A rule that says something else of the scales is a mistake; but one that would split what all codes share is for the codes.</summary>
    private void Check(ShardedKey codes, ShardedKey scale, ShardRange? said, ShardRange? needed)
    {
        bool isShared = needed is null && scale.Tensor.ElementCount == 1;
        if (said != needed && !isShared)
        {
            Add(scale, $"it holds the scales of '{DisplayText.Name(codes.Name)}', which have to be split as that is. Leave its rule out");
        }
    }
}

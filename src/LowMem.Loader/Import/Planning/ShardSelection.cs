using LowMem.Checkpoints;
using LowMem.Checkpoints.Sharding;
using LowMem.Loader.Import.Keys;
using LowMem.Loader.Skeletons.FromCheckpoint;

namespace LowMem.Loader.Import.Planning;

/// <summary>Puts the slices of one shard in the place of the tensors of a checkpoint.</summary>
internal static class ShardSelection
{
    /// <summary>For a module that says which tensors there have to be.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="selection">The part of it that is the state dict.</param>
    /// <param name="wanted">The names that the module has.</param>
    /// <param name="options">Which shard.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>The state dict of the shard, and its plan; the same and null when there is no shard.</returns>
    /// <exception cref="Checkpoints.Diagnostics.CheckpointException">Something has no slice.</exception>
    public static (StateDictSelection Selection, ShardPlan? Plan) Split(
        Checkpoint checkpoint, StateDictSelection selection, IReadOnlySet<string> wanted, ImportOptions options, CancellationToken cancellationToken)
    {
        if (options is not { Shard: { } shard, ShardRules: { } rules })
        {
            return (selection, null);
        }

        List<ShardedKey> keys =
        [
            .. selection.Tensors
                .Where(entry => wanted.Contains(entry.Key) && options.KeyFilter?.Includes(entry.Key) != false)
                .SelectMany(entry => entry.Value.Select(tensor => new ShardedKey(entry.Key, tensor))),
        ];
        var plan = ShardPlan.Create(checkpoint, shard, rules, keys, [.. selection.Tensors.Keys.Union(wanted)], cancellationToken);
        var tensors = selection.Tensors.ToDictionary(entry => entry.Key, entry => entry.Value.ConvertAll(plan.Take), StringComparer.Ordinal);
        return (selection with { Tensors = tensors }, plan);
    }

    /// <summary>For a module that is made after the checkpoint: it has all tensors that are behind the prefix, and the shapes of the shard.</summary>
    /// <inheritdoc cref="Split(Checkpoint, StateDictSelection, IReadOnlySet{string}, ImportOptions, CancellationToken)"/>
    public static (CheckpointPart Part, ShardPlan? Plan) Split(CheckpointPart part, ImportOptions options, CancellationToken cancellationToken)
    {
        if (options is not { Shard: { } shard, ShardRules: { } rules })
        {
            return (part, null);
        }

        // Once: a list of tensors may describe them anew each time, and a plan knows those that it was made for.
        TensorInfo[] tensors = [.. part.Checkpoint.Tensors];
        var keys = new List<ShardedKey>();
        foreach (var tensor in tensors.Where(tensor => tensor.Key.StartsWith(part.Prefix, StringComparison.Ordinal)))
        {
            string name = tensor.Key[part.Prefix.Length..];
            if ((options.KeyMap is { } map ? map.Map(name) : name) is { Length: > 0 } mapped)
            {
                keys.Add(new ShardedKey(mapped, tensor));
            }
        }

        var plan = ShardPlan.Create(part.Checkpoint, shard, rules, keys, [.. keys.Select(key => key.Name)], cancellationToken);
        return (part with { Checkpoint = part.Checkpoint with { Tensors = [.. tensors.Select(plan.Take)] } }, plan);
    }
}

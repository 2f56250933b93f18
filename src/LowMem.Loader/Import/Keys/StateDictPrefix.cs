using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Loader.Import.Keys;

/// <summary>Finds the sub-dictionary of a checkpoint that holds the weights.</summary>
public static class StateDictPrefix
{
    private const int MaxNamed = 10;

    /// <summary>Names that torch.compile, FSDP and activation checkpointing put in front of keys, and into the middle.</summary>
    internal static readonly string[] InnerWrappers = ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];

    // What training scripts call the state dict of the model, and nobody a module of it.
    private static readonly string[] StateDicts = ["model_state_dict", "state_dict", "model_state"];

    // The same, but these may be modules of a model as well: taken only where the state of a training lies beside them.
    private static readonly string[] Models = ["model", "module", "net", "network", "params", "weights"];

    // Names of copies of a model: moving averages of its weights.
    private static readonly string[] Averages = ["ema", "swa", "average", "averaged", "shadow"];

    // DataParallel, torch.compile and FSDP wrap a model in a module of this name: every key begins with it.
    private static readonly string[] Wrappers = ["module", .. InnerWrappers];

    // AveragedModel counts beside its module how often it was updated.
    private const string AverageCounter = "n_averaged";

    /// <summary>
    /// Finds the prefix to leave out, with its last dot, such as <c>model_state_dict.module.</c>; empty when the
    /// checkpoint is a state dict itself, or when it is not clear. A name that could be a module of the model
    /// (<c>model</c>) is taken only where the state of a training lies beside it.
    /// </summary>
    /// <param name="keys">The keys of all tensors.</param>
    public static string Find(IReadOnlyCollection<string> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return FollowWrappers(keys, Choose(new CheckpointTops(keys, []))?.Prefix ?? string.Empty);
    }

    /// <summary>Finds the prefix of a checkpoint; see <see cref="Find(IReadOnlyCollection{string})"/>.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <exception cref="ModelException">Several parts have equal right to be the model.</exception>
    public static string Find(Checkpoint checkpoint) => Choose(checkpoint).Prefix;

    /// <summary>
    /// Finds the prefix of a model whose first names are known: the usual one, unless no key behind it begins with one of
    /// them; then the prefix behind which most of them are found, if it is one, or the one of them next to the usual. A
    /// DataParallel model is printed with the <c>module</c> that is otherwise left out, and a state dict may be saved under a
    /// name that could be a module.
    /// </summary>
    /// <param name="keys">The keys of all tensors.</param>
    /// <param name="names">The names of the root's children.</param>
    internal static string Find(IReadOnlyCollection<string> keys, HashSet<string> names)
    {
        string usual = Find(keys);
        var lookup = names.GetAlternateLookup<ReadOnlySpan<char>>();
        var candidates = new PrefixCandidates<string>(
            keys, rest => rest.IndexOf('.') is >= 0 and var dot && lookup.TryGetValue(rest[..dot], out var name) ? name : null);
        return candidates.Most == 0 || candidates.Contains(usual) ? usual
            : candidates.Best is [var only] ? only
            : candidates.Best.Where(prefix => usual.StartsWith(prefix, StringComparison.Ordinal)).MaxBy(prefix => prefix.Length) ?? usual;
    }

    /// <summary>Finds the prefix of a checkpoint, and what else could have been meant.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <exception cref="ModelException">Several parts have equal right to be the model: the message lists them.</exception>
    public static StateDictChoice Choose(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var keys = checkpoint.Tensors.Select(tensor => tensor.Key).ToArray();
        var tops = new CheckpointTops(keys, checkpoint.Format == CheckpointFormats.TorchScript ? [] : checkpoint.Values.Keys);
        if (tops.IsOptimizer && keys.Length > 0)
        {
            throw new ModelException(
                ModelErrorIds.Mismatch,
                $"{checkpoint.Path}: this is the state of an optimizer and no model: its keys are such as '{DisplayText.Name(keys[0])}'. "
                + "Take the file that holds the weights; an empty prefix takes the tensors of this one as they are.");
        }

        return Choose(tops) is { } choice
            ? choice with { Prefix = FollowWrappers(keys, choice.Prefix) }
            : throw new ModelException(
                ModelErrorIds.Mismatch,
                $"{checkpoint.Path}: the state of a training lies beside several parts, each of which could be the model: "
                + $"{DisplayText.Names([.. tops.Dicts.Select(name => $"'{name}'")], MaxNamed)}. Say which one is meant by giving the prefix; "
                + "an empty one takes everything, the state of the training included.");
    }

    /// <summary>The part that is the model; empty when that is all of it, null when it is a question.</summary>
    private static StateDictChoice? Choose(CheckpointTops tops)
    {
        var dicts = tops.Dicts.OrderBy(Rank).ThenBy(name => name, StringComparer.Ordinal).ToList();
        if (dicts.Count == 0 || (Rank(dicts[0]) >= StateDicts.Length && !tops.HasTraining))
        {
            return new StateDictChoice(string.Empty, []);
        }

        var first = dicts[0];
        var copies = dicts.Skip(1).Where(name => IsAverage(name) || tops.AreAlike(first, name)).ToList();
        if (Rank(first) < StateDicts.Length)
        {
            return new StateDictChoice(first, [.. dicts.Skip(1).Where(name => copies.Contains(name) || Rank(name) < int.MaxValue)]);
        }

        // One dict and its copies, and nothing else that the model could be: "model" beside "ema" is clear, beside "head" it is not.
        if (copies.Count == dicts.Count - 1 && (Rank(first) < int.MaxValue || dicts.Count == 1) && !(tops.HasLeaves && Rank(first) == int.MaxValue))
        {
            return new StateDictChoice(first, copies);
        }

        // Without tensors of the training all of it can be taken, and nothing is lost.
        return tops.HasTrainingTensors ? null : new StateDictChoice(string.Empty, []);
    }

    private static bool IsAverage(string name) =>
        name.TrimEnd('.').Split('_', '-').Any(part => Averages.Contains(part, StringComparer.OrdinalIgnoreCase));

    private static int Rank(string top)
    {
        var name = top.TrimEnd('.');
        var rank = Array.IndexOf(StateDicts, name);
        return rank >= 0 ? rank
            : Array.IndexOf(Models, name) is >= 0 and var other ? StateDicts.Length + other
            : int.MaxValue;
    }

    private static string FollowWrappers(IReadOnlyCollection<string> keys, string prefix)
    {
        var counter = prefix + AverageCounter;
        var under = keys.Where(key => IsUnder(key, prefix) && key != counter).ToArray();
        while (under.Length > 0 && Array.Find(Wrappers, name => Array.TrueForAll(under, key => IsUnder(key, $"{prefix}{name}."))) is { } wrapper)
        {
            prefix = $"{prefix}{wrapper}.";
        }

        return prefix;
    }

    private static bool IsUnder(string key, string prefix) => key.StartsWith(prefix, StringComparison.Ordinal);
}

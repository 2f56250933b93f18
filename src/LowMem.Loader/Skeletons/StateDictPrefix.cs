using LowMem.Checkpoints;

namespace LowMem.Loader.Skeletons;

/// <summary>Finds the sub-dictionary of a checkpoint that holds the weights.</summary>
public static class StateDictPrefix
{
    // What training scripts call the state dict of the model, beside those of the optimizer and the scheduler.
    private static readonly string[] StateDicts = ["model_state_dict", "state_dict", "model_state"];

    // DataParallel and torch.compile wrap a model in a module of this name: every key begins with it.
    private static readonly string[] Wrappers = ["module", "_orig_mod"];

    /// <summary>
    /// Finds the prefix to leave out, with its last dot, such as <c>model_state_dict.module.</c>; empty when the
    /// checkpoint is a state dict itself. A name that could be a module of the model (<c>model</c>) is not taken:
    /// that is for the user to say.
    /// </summary>
    /// <param name="keys">The keys of all tensors.</param>
    public static string Find(IReadOnlyCollection<string> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var prefix = string.Empty;
        if (Array.Find(StateDicts, name => keys.Any(key => IsUnder(key, name + "."))) is { } found)
        {
            prefix = found + ".";
            keys = [.. keys.Where(key => IsUnder(key, prefix))];
        }

        while (keys.Count > 0
            && Array.Find(Wrappers, name => keys.All(key => IsUnder(key, $"{prefix}{name}."))) is { } wrapper)
        {
            prefix = $"{prefix}{wrapper}.";
        }

        return prefix;
    }

    /// <summary>Finds the prefix of a checkpoint by its keys; see <see cref="Find(IReadOnlyCollection{string})"/>.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    public static string Find(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return Find([.. checkpoint.Tensors.Select(tensor => tensor.Key)]);
    }

    /// <summary>Puts a prefix as the user wrote it, with or without its dot, into the form of <see cref="Find(Checkpoint)"/>.</summary>
    public static string Normalize(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return prefix.Length == 0 || prefix.EndsWith('.') ? prefix : prefix + ".";
    }

    private static bool IsUnder(string key, string prefix) => key.StartsWith(prefix, StringComparison.Ordinal);
}

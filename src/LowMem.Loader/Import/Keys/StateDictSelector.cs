using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;

namespace LowMem.Loader.Import.Keys;

/// <summary>
/// Finds the part of a checkpoint that is a module's state dict: the whole of it, or a sub-dictionary such as
/// <c>model_state_dict</c>, or keys with a wrapper's name in front (<c>module.</c>), or both.
/// </summary>
/// <remarks>
/// No list of customary names is needed: what counts is which prefix leaves exactly the keys that the module has.
/// Optimizer state, and whatever else lies beside the weights, is not looked at.
/// </remarks>
internal sealed class StateDictSelector
{
    private readonly string path;
    private readonly IReadOnlyList<TensorInfo> tensors;
    private readonly Dictionary<string, TiedKeys> keys = new(StringComparer.Ordinal);
    private readonly int parameterCount;

    /// <summary>Creates the selector.</summary>
    /// <param name="path">The checkpoint, for errors.</param>
    /// <param name="tensors">What is in it.</param>
    /// <param name="parameters">The tensors that the module needs.</param>
    public StateDictSelector(string path, IReadOnlyList<TensorInfo> tensors, IReadOnlyCollection<TiedKeys> parameters)
    {
        this.path = path;
        this.tensors = tensors;
        parameterCount = parameters.Count;
        foreach (var parameter in parameters)
        {
            foreach (var key in parameter.Keys)
            {
                keys[key] = parameter;
            }
        }
    }

    /// <summary>Chooses by a prefix that the caller names.</summary>
    /// <param name="prefix">With or without its dot; empty for the whole checkpoint.</param>
    /// <exception cref="ModelException">No key of the checkpoint starts with it.</exception>
    public StateDictSelection Select(string prefix)
    {
        var dotted = CheckPrefix(prefix);
        return GetSpellings()
            .Select(spelling => Count(spelling, dotted))
            .MaxBy(result => result.Matches)
            .Selection;
    }

    /// <summary>Chooses by a prefix that the caller names, and renames what is behind it.</summary>
    /// <param name="prefix">With or without its dot; empty for the whole checkpoint.</param>
    /// <param name="keyMap">What the module calls the tensors.</param>
    /// <exception cref="ModelException">No key of the checkpoint starts with the prefix, or two keys get one name.</exception>
    public StateDictSelection Select(string prefix, IKeyMap keyMap)
    {
        var dotted = CheckPrefix(prefix);
        var byName = new Dictionary<string, List<TensorInfo>>(StringComparer.Ordinal);
        var (renamed, leftOut) = (0, 0);
        foreach (var tensor in tensors.Where(tensor => IsUnder(tensor.Key, dotted)))
        {
            var name = tensor.Key[dotted.Length..];
            var mapped = keyMap.Map(name);
            if (string.IsNullOrEmpty(mapped))
            {
                leftOut++;
                continue;
            }

            renamed += mapped == name ? 0 : 1;
            if (!byName.TryAdd(mapped, [tensor]))
            {
                throw new KeyMapException(
                    $"{path}: '{DisplayText.Name(byName[mapped][0].Key)}' and '{DisplayText.Name(tensor.Key)}' both become '{DisplayText.Name(mapped)}' by the key map. "
                    + "Map one of them to another name, or leave it out.");
            }
        }

        return new StateDictSelection(dotted, byName) { RenamedCount = renamed, LeftOutCount = leftOut };
    }

    private string CheckPrefix(string prefix)
    {
        var dotted = KeyPrefix.Normalize(prefix);
        if (tensors.Count > 0 && dotted.Length > 0 && !tensors.Any(tensor => IsUnder(tensor.Key, dotted)))
        {
            throw new ModelException(ModelErrorIds.Mismatch, $"{path}: {KeyPrefix.DescribeAbsent(tensors, dotted)}");
        }

        return dotted;
    }

    /// <summary>Finds the prefix that fits the module.</summary>
    /// <param name="acceptPartial">
    /// Whether the caller goes on when not all keys are found. Then, too, one prefix has to be better than the others.
    /// </param>
    /// <returns>The one prefix that covers all keys, or else one that covers most, for the caller to find fault with.</returns>
    /// <exception cref="ModelException">Several prefixes fit equally well.</exception>
    public StateDictSelection Find(bool acceptPartial)
    {
        Dictionary<string, string>? bestSpelling = null;
        var bestPrefix = string.Empty;
        var bestMatches = -1;
        foreach (var spelling in GetSpellings())
        {
            var lookup = keys.GetAlternateLookup<ReadOnlySpan<char>>();
            var candidates = new PrefixCandidates<TiedKeys>(spelling.Values, rest => lookup.TryGetValue(rest, out var found) ? found : null);
            if (candidates.Most <= bestMatches)
            {
                continue;
            }

            bestMatches = candidates.Most;
            (bestSpelling, bestPrefix) = (spelling, Choose(spelling, candidates.Best, bestMatches, acceptPartial));
            if (bestMatches == parameterCount)
            {
                break;
            }
        }

        return Count(bestSpelling!, bestPrefix).Selection;
    }

    private static bool IsUnder(string key, string prefix) => key.StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>The keys as they stand, and, when that differs, without the wrappers' names: key to its spelling.</summary>
    private IEnumerable<Dictionary<string, string>> GetSpellings()
    {
        var plain = new Dictionary<string, string>(StringComparer.Ordinal);
        var unwrapped = new Dictionary<string, string>(StringComparer.Ordinal);
        var differs = false;
        foreach (var tensor in tensors)
        {
            plain[tensor.Key] = tensor.Key;
            var name = Array.Exists(StateDictPrefix.InnerWrappers, wrapper => tensor.Key.Contains(wrapper, StringComparison.Ordinal))
                ? string.Join('.', tensor.Key.Split('.').Where(segment => !StateDictPrefix.InnerWrappers.Contains(segment)))
                : tensor.Key;
            unwrapped[tensor.Key] = name;
            differs |= name.Length != tensor.Key.Length;
        }

        return differs ? [plain, unwrapped] : [plain];
    }

    private string Choose(Dictionary<string, string> spelling, List<string> prefixes, int matches, bool acceptPartial)
    {
        // With nothing in front, or with nothing found at all, there is no question.
        if (prefixes.Count == 0 || prefixes.Contains(""))
        {
            return "";
        }

        if (prefixes.Count > 1)
        {
            var sameShapes = prefixes.FindAll(prefix => ShapesFit(spelling, prefix));
            prefixes = sameShapes.Count > 0 ? sameShapes : prefixes;
        }

        if (prefixes.Count == 1 || (matches < parameterCount && !acceptPartial))
        {
            return prefixes.OrderBy(prefix => prefix.Length).ThenBy(prefix => prefix, StringComparer.Ordinal).First();
        }

        var names = string.Join(", ", prefixes.Order(StringComparer.Ordinal).Take(10).Select(prefix => $"'{DisplayText.Name(prefix)}'"));
        throw new ModelException(
            ModelErrorIds.Mismatch,
            $"{path}: {matches} of the module's {parameterCount} tensors are found behind each of {prefixes.Count} prefixes: "
            + $"{names}. Say which one is meant by giving the prefix.");
    }

    private bool ShapesFit(Dictionary<string, string> spelling, string prefix)
    {
        var lookup = keys.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var tensor in tensors)
        {
            var key = spelling[tensor.Key];
            if (IsUnder(key, prefix)
                && lookup.TryGetValue(key.AsSpan(prefix.Length), out var parameter)
                && !parameter.Shape.AsSpan().SequenceEqual(tensor.Shape))
            {
                return false;
            }
        }

        return true;
    }

    private (StateDictSelection Selection, int Matches) Count(Dictionary<string, string> spelling, string prefix)
    {
        var byName = new Dictionary<string, List<TensorInfo>>(StringComparer.Ordinal);
        var parameters = new HashSet<TiedKeys>(ReferenceEqualityComparer.Instance);
        foreach (var tensor in tensors)
        {
            var key = spelling[tensor.Key];

            // A prefix that the caller names may itself hold a wrapper's name.
            if (!IsUnder(key, prefix))
            {
                continue;
            }

            var name = key[prefix.Length..];
            if (!byName.TryGetValue(name, out var sameName))
            {
                byName.Add(name, sameName = []);
            }

            sameName.Add(tensor);
            if (keys.TryGetValue(name, out var parameter))
            {
                parameters.Add(parameter);
            }
        }

        return (new StateDictSelection(prefix, byName), parameters.Count);
    }
}

/// <summary>The keys that one tensor goes by in a state dict, and its shape.</summary>
/// <param name="Keys">Its keys; at least one. Any of them will do in the checkpoint.</param>
/// <param name="Shape">The size of each dimension.</param>
internal record TiedKeys(string[] Keys, long[] Shape);

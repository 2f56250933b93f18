using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;

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
    // A deeper key may exist, but nobody puts a state dict this far down; it bounds the work on a hostile file.
    private const int MaxPrefixDepth = 16;

    // Names that torch.compile, FSDP and activation checkpointing put into the middle of keys.
    private static readonly string[] Wrappers = ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];

    private readonly string path;
    private readonly IReadOnlyList<TensorInfo> tensors;
    private readonly Dictionary<string, KeyGroup> keys = new(StringComparer.Ordinal);
    private readonly int groupCount;

    /// <summary>Creates the selector.</summary>
    /// <param name="path">The checkpoint, for errors.</param>
    /// <param name="tensors">What is in it.</param>
    /// <param name="groups">The tensors that the module needs.</param>
    public StateDictSelector(string path, IReadOnlyList<TensorInfo> tensors, IReadOnlyCollection<KeyGroup> groups)
    {
        this.path = path;
        this.tensors = tensors;
        groupCount = groups.Count;
        foreach (var group in groups)
        {
            foreach (var key in group.Keys)
            {
                keys[key] = group;
            }
        }
    }

    /// <summary>Chooses by a prefix that the caller names.</summary>
    /// <param name="prefix">With or without its dot; empty for the whole checkpoint.</param>
    /// <exception cref="ModelException">No key of the checkpoint starts with it.</exception>
    public StateDictSelection Select(string prefix)
    {
        var dotted = CheckPrefix(prefix);
        return Readings()
            .Select(reading => Count(reading, dotted))
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
                throw new ModelException(
                    ModelErrorIds.KeyMapInvalid,
                    $"{path}: '{DisplayText.Name(byName[mapped][0].Key)}' and '{DisplayText.Name(tensor.Key)}' both become '{DisplayText.Name(mapped)}' by the key map. "
                    + "Map one of them to another name, or leave it out.");
            }
        }

        return new StateDictSelection(dotted, byName) { RenamedCount = renamed, LeftOutCount = leftOut };
    }

    private string CheckPrefix(string prefix)
    {
        var dotted = StateDictPrefix.Normalize(prefix);
        if (tensors.Count > 0 && dotted.Length > 0 && !tensors.Any(tensor => IsUnder(tensor.Key, dotted)))
        {
            throw new ModelException(ModelErrorIds.Mismatch, $"{path}: {StateDictPrefix.DescribeAbsent(tensors, dotted)}");
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
        Dictionary<string, string>? bestReading = null;
        var bestPrefix = string.Empty;
        var bestMatches = -1;
        foreach (var reading in Readings())
        {
            var (fitting, matches) = GetBest(GetCandidates(reading));
            if (matches <= bestMatches)
            {
                continue;
            }

            (bestReading, bestPrefix, bestMatches) = (reading, Choose(reading, fitting, matches, acceptPartial), matches);
            if (matches == groupCount)
            {
                break;
            }
        }

        return Count(bestReading!, bestPrefix).Selection;
    }

    private static bool IsUnder(string key, string prefix) => key.StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>The keys as they stand, and, when that differs, without the wrappers' names: key to its reading.</summary>
    private IEnumerable<Dictionary<string, string>> Readings()
    {
        var plain = new Dictionary<string, string>(StringComparer.Ordinal);
        var unwrapped = new Dictionary<string, string>(StringComparer.Ordinal);
        var differs = false;
        foreach (var tensor in tensors)
        {
            plain[tensor.Key] = tensor.Key;
            var name = Array.Exists(Wrappers, wrapper => tensor.Key.Contains(wrapper, StringComparison.Ordinal))
                ? string.Join('.', tensor.Key.Split('.').Where(segment => !Wrappers.Contains(segment)))
                : tensor.Key;
            unwrapped[tensor.Key] = name;
            differs |= name.Length != tensor.Key.Length;
        }

        return differs ? [plain, unwrapped] : [plain];
    }

    /// <summary>Every prefix behind which a key of the module stands, and which of its tensors are found so.</summary>
    private Dictionary<string, HashSet<KeyGroup>> GetCandidates(Dictionary<string, string> reading)
    {
        var candidates = new Dictionary<string, HashSet<KeyGroup>>(StringComparer.Ordinal);
        var lookup = keys.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var key in reading.Values)
        {
            var start = 0;
            for (var depth = 0; depth <= MaxPrefixDepth; depth++)
            {
                if (lookup.TryGetValue(key.AsSpan(start), out var group))
                {
                    var prefix = key[..start];
                    if (!candidates.TryGetValue(prefix, out var found))
                    {
                        candidates.Add(prefix, found = new HashSet<KeyGroup>(ReferenceEqualityComparer.Instance));
                    }

                    found.Add(group);
                }

                var dot = key.IndexOf('.', start);
                if (dot < 0)
                {
                    break;
                }

                start = dot + 1;
            }
        }

        return candidates;
    }

    /// <summary>The prefixes behind which most tensors are found, and how many that is.</summary>
    private static (List<string> Prefixes, int Matches) GetBest(Dictionary<string, HashSet<KeyGroup>> candidates)
    {
        var prefixes = new List<string>();
        var matches = 0;
        foreach (var (prefix, found) in candidates)
        {
            if (found.Count > matches)
            {
                matches = found.Count;
                prefixes.Clear();
            }

            if (found.Count == matches)
            {
                prefixes.Add(prefix);
            }
        }

        return (prefixes, matches);
    }

    private string Choose(Dictionary<string, string> reading, List<string> prefixes, int matches, bool acceptPartial)
    {
        // With nothing in front, or with nothing found at all, there is no question.
        if (prefixes.Count == 0 || prefixes.Contains(""))
        {
            return "";
        }

        if (prefixes.Count > 1)
        {
            var sameShapes = prefixes.FindAll(prefix => ShapesFit(reading, prefix));
            prefixes = sameShapes.Count > 0 ? sameShapes : prefixes;
        }

        if (prefixes.Count == 1 || (matches < groupCount && !acceptPartial))
        {
            return prefixes.OrderBy(prefix => prefix.Length).ThenBy(prefix => prefix, StringComparer.Ordinal).First();
        }

        var names = string.Join(", ", prefixes.Order(StringComparer.Ordinal).Take(10).Select(prefix => $"'{DisplayText.Name(prefix)}'"));
        throw new ModelException(
            ModelErrorIds.Mismatch,
            $"{path}: {matches} of the module's {groupCount} tensors are found behind each of {prefixes.Count} prefixes: "
            + $"{names}. Say which one is meant by giving the prefix.");
    }

    private bool ShapesFit(Dictionary<string, string> reading, string prefix)
    {
        var lookup = keys.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var tensor in tensors)
        {
            var key = reading[tensor.Key];
            if (IsUnder(key, prefix)
                && lookup.TryGetValue(key.AsSpan(prefix.Length), out var group)
                && !group.Shape.AsSpan().SequenceEqual(tensor.Shape))
            {
                return false;
            }
        }

        return true;
    }

    private (StateDictSelection Selection, int Matches) Count(Dictionary<string, string> reading, string prefix)
    {
        var byName = new Dictionary<string, List<TensorInfo>>(StringComparer.Ordinal);
        var groups = new HashSet<KeyGroup>(ReferenceEqualityComparer.Instance);
        foreach (var tensor in tensors)
        {
            var key = reading[tensor.Key];

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
            if (keys.TryGetValue(name, out var group))
            {
                groups.Add(group);
            }
        }

        return (new StateDictSelection(prefix, byName), groups.Count);
    }
}

using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Loader.Import.Keys;
using LowMem.Loader.Modules;

namespace LowMem.Loader.Import.Planning;

/// <summary>Looks for the one rename by which all of a checkpoint would fit all of a module, when it does not as it is.</summary>
internal sealed class RenameFinder
{
    // What is further down is no wrapper; it bounds the work on hostile keys, as the number of tries does.
    private const int MaxDepth = 8;
    private const int MaxTries = 64;

    private readonly IReadOnlyList<TensorInfo> tensors;
    private readonly IReadOnlyList<TiedParameter> tied;
    private readonly HashSet<string> known;
    private readonly ImportOptions options;
    private readonly CancellationToken cancellationToken;
    private readonly Dictionary<string, TiedParameter> byKey = new(StringComparer.Ordinal);

    /// <summary>Creates the finder.</summary>
    /// <param name="tensors">All tensors of the checkpoint.</param>
    /// <param name="tied">What the module wants of it.</param>
    /// <param name="known">Every key of the module, whether it is wanted or not.</param>
    /// <param name="options">How it is loaded: what may be missing or unexpected may be so after a rename.</param>
    /// <param name="cancellationToken">Ends the search early.</param>
    public RenameFinder(
        IReadOnlyList<TensorInfo> tensors,
        IReadOnlyList<TiedParameter> tied,
        HashSet<string> known,
        ImportOptions options,
        CancellationToken cancellationToken)
    {
        this.tensors = tensors;
        this.tied = tied;
        this.known = known;
        this.options = options;
        this.cancellationToken = cancellationToken;
        foreach (var entry in tied)
        {
            foreach (var key in entry.Keys)
            {
                byKey[key] = entry;
            }
        }
    }

    /// <summary>Finds the rename; null when there is none, or more than one.</summary>
    /// <param name="prefix">Behind which prefix the module was looked for.</param>
    /// <param name="missing">What was not found there.</param>
    public KeyRename? Find(string prefix, IReadOnlyList<ModuleParameter> missing)
    {
        // Of two ways to write one rename, that which reaches more keys; of two renames, neither.
        var fitting = new Dictionary<(string, string), (KeyRename Rename, int Found)>();
        var tries = 0;
        foreach (var (mapping, rename) in GetFronts(prefix).Concat(GetNames(prefix, missing)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (tries++ == MaxTries)
            {
                return null;
            }

            if (CountFitting(rename) is > 0 and var found && found > fitting.GetValueOrDefault(mapping).Found)
            {
                fitting[mapping] = (rename, found);
            }
        }

        var most = fitting.Values.Select(fit => fit.Found).DefaultIfEmpty().Max();
        var best = fitting.Values.Where(fit => fit.Found == most).Take(2).ToList();
        return best.Count == 1 ? best[0].Rename : null;
    }

    // Other names in front of all keys: "module." becomes "model.", or nothing becomes "enc.".
    private IEnumerable<((string, string) Mapping, KeyRename Rename)> GetFronts(string searched)
    {
        var ofModule = CountFronts(tied.Select(entry => entry.Keys[0]));
        var ofFile = CountFronts(tensors.Select(tensor => tensor.Key));
        var fewest = options.AllowMissing ? 1 : tied.Count(entry => !IsCounter(entry));
        var most = options.AllowUnexpected || options.KeyFilter is not null ? int.MaxValue : known.Count;
        foreach (var (front, wanted) in ofModule.Where(entry => entry.Key.Length > 0 && (options.AllowMissing || entry.Value == tied.Count)))
        {
            foreach (var (prefix, count) in ofFile.Where(entry => entry.Value >= fewest && entry.Value <= most))
            {
                // The same names again rename nothing: all that would do is to leave out the other keys without a word.
                if (prefix != searched + front && KeyRename.OfFront(prefix, front) is { } rename)
                {
                    yield return (Shorten(prefix, front), rename);
                }
            }
        }
    }

    // Other names inside of keys, found by comparing a key that is missing with each that could stand for it.
    private IEnumerable<((string, string) Mapping, KeyRename Rename)> GetNames(string prefix, IReadOnlyList<ModuleParameter> missing)
    {
        if (missing.FirstOrDefault(parameter => parameter.Shape.Length > 0) is not { } parameter)
        {
            yield break;
        }

        var wanted = parameter.Key.Split('.');
        var seen = new HashSet<(string, string)>();
        foreach (var tensor in tensors)
        {
            if (!tensor.Key.StartsWith(prefix, StringComparison.Ordinal) || !tensor.Shape.AsSpan().SequenceEqual(parameter.Shape))
            {
                continue;
            }

            var has = tensor.Key[prefix.Length..].Split('.');
            var shorter = Math.Min(has.Length, wanted.Length);
            var start = 0;
            while (start < shorter && has[start] == wanted[start])
            {
                start++;
            }

            var end = 0;
            while (end < shorter - start && has[^(end + 1)] == wanted[^(end + 1)])
            {
                end++;
            }

            var names = string.Join('.', has[start..^end]);
            var others = string.Join('.', wanted[start..^end]);
            if (names.Length > 0 && seen.Add((names, others)) && KeyRename.OfNames(prefix, names, others) is { } rename)
            {
                yield return ((names, others), rename);
            }
        }
    }

    /// <summary>How many of the module's tensors the rename finds; 0 when something would not fit still.</summary>
    private int CountFitting(KeyRename rename)
    {
        var expression = rename.GetExpression();
        var found = new HashSet<TiedParameter>(ReferenceEqualityComparer.Instance);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            if (!tensor.Key.StartsWith(rename.Prefix, StringComparison.Ordinal))
            {
                continue;
            }

            var name = rename.Apply(tensor.Key[rename.Prefix.Length..], expression);
            if (!names.Add(name))
            {
                return 0;
            }

            if (byKey.TryGetValue(name, out var entry))
            {
                if (!OlderFiles.Fit(entry.Parameter, tensor).Shape.AsSpan().SequenceEqual(entry.Shape))
                {
                    return 0;
                }

                found.Add(entry);
            }
            else if (!known.Contains(name) && !options.AllowUnexpected && options.KeyFilter?.Includes(name) != false)
            {
                return 0;
            }
        }

        return options.AllowMissing || tied.All(entry => found.Contains(entry) || IsCounter(entry)) ? found.Count : 0;
    }

    private static bool IsCounter(TiedParameter entry) => entry.Shape.Length == 0 && OlderFiles.IsCounter(entry.Parameter);

    /// <summary>Every front of the keys, nothing included, and how many keys have it.</summary>
    private static Dictionary<string, int> CountFronts(IEnumerable<string> keys)
    {
        var fronts = new Dictionary<string, int>(StringComparer.Ordinal);
        var lookup = fronts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var key in keys)
        {
            // No rename of a longer name is told.
            foreach (var end in KeyPath.GetStarts(key, MaxDepth).TakeWhile(end => end <= DisplayText.LongestName))
            {
                var front = key.AsSpan(0, end);
                lookup[front] = lookup.TryGetValue(front, out var count) ? count + 1 : 1;
            }
        }

        return fronts;
    }

    /// <summary>Without what both end in: "a.x." to "b.x." is "a" to "b", for the keys that it is about.</summary>
    private static (string From, string To) Shorten(string from, string to)
    {
        while (from.Length > 0 && to.Length > 0)
        {
            var left = from.LastIndexOf('.', from.Length - 2 < 0 ? 0 : from.Length - 2) + 1;
            var right = to.LastIndexOf('.', to.Length - 2 < 0 ? 0 : to.Length - 2) + 1;
            if (!from.AsSpan(left).SequenceEqual(to.AsSpan(right)))
            {
                break;
            }

            (from, to) = (from[..left], to[..right]);
        }

        return (from.TrimEnd('.'), to.TrimEnd('.'));
    }
}

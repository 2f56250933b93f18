using System.Globalization;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>
/// What the entries of a dict go by. Texts and numbers stand for themselves. A tuple or an object does where its text is
/// short and says all there is; else it goes by its place in the dict, so that names stay readable and differ.
/// </summary>
internal static class DictKeys
{
    /// <summary>A longer text is no name any more.</summary>
    private const int LongestName = 100;

    /// <summary>The entries by name.</summary>
    public static IEnumerable<(string Name, PickleNode Node)> Of(PickleMapping dict) => Of(dict, numbers: null);

    /// <param name="dict">The dict.</param>
    /// <param name="numbers">The numbers by which some of the keys go, or null.</param>
    public static IEnumerable<(string Name, PickleNode Node)> Of(PickleMapping dict, IReadOnlyDictionary<PickleNode, int>? numbers)
    {
        foreach (var entry in dict.Entries)
        {
            if (!IsPlain(entry.Key))
            {
                return Distinct(dict, numbers);
            }
        }

        return Plain(dict);
    }

    /// <summary>The keys that may hold tensors themselves, with the names of their entries.</summary>
    public static IEnumerable<(string Name, PickleNode Key)> HoldingTensors(PickleMapping dict, IReadOnlyDictionary<PickleNode, int>? numbers) =>
        dict.Entries.Any(entry => HoldsTensors(entry.Key))
            ? Distinct(dict, numbers).Zip(dict.Entries, (named, entry) => (named.Name, entry.Key)).Where(named => HoldsTensors(named.Key))
            : [];

    private static bool HoldsTensors(PickleNode key) => key is not PickleScalar && ObjectParts.MayHoldTensors(key);

    private static bool IsPlain(PickleNode key) => key is PickleScalar;

    private static IEnumerable<(string Name, PickleNode Node)> Plain(PickleMapping dict)
    {
        foreach (var (key, value) in dict.Entries)
        {
            yield return (PythonText.OfKey(key), value);
        }
    }

    private static IEnumerable<(string Name, PickleNode Node)> Distinct(PickleMapping dict, IReadOnlyDictionary<PickleNode, int>? numbers)
    {
        var taken = dict.Entries
            .Where(entry => entry.Key is PickleScalar)
            .Select(entry => PythonText.OfKey(entry.Key))
            .ToHashSet(StringComparer.Ordinal);
        int place = -1;
        foreach (var (key, value) in dict.Entries)
        {
            place++;
            if (IsPlain(key))
            {
                yield return (PythonText.OfKey(key), value);
                continue;
            }

            string name = NameOf(key, place, numbers);
            while (!taken.Add(name))
            {
                name = string.Create(CultureInfo.InvariantCulture, $"{name}#{place}");
            }

            yield return (name, value);
        }
    }

    private static string NameOf(PickleNode key, int place, IReadOnlyDictionary<PickleNode, int>? numbers)
    {
        if (numbers is not null && numbers.TryGetValue(key, out int number))
        {
            return number.ToString(CultureInfo.InvariantCulture);
        }

        bool isTensor = key is PicklePersistentId
            || (key as PickleObject)?.CallableName is { } name && name.StartsWith("torch._utils._rebuild_", StringComparison.Ordinal);
        string text = isTensor ? string.Empty : PythonText.Describe(key);
        return isTensor || text.Length > LongestName
            ? string.Create(CultureInfo.InvariantCulture, $"{(isTensor ? "tensor" : "key")}#{place}")
            : text;
    }
}

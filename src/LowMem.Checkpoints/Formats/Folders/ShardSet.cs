using System.Globalization;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Formats.Folders;

/// <summary>The files of a directory that their names say belong together, in the order of their numbers.</summary>
internal sealed class ShardSet
{
    private const int MostNamed = 5;

    private ShardSet(IReadOnlyList<ShardName> shards)
    {
        Shards = shards;
        Missing = FindMissing(shards);
    }

    /// <summary>Those that are there.</summary>
    public IReadOnlyList<ShardName> Shards { get; }

    /// <summary>The name of the set, such as <c>model-*-of-00003.safetensors</c>.</summary>
    public string Name => Shards[0].SetName;

    /// <summary>The numbers that are not there although others say that they should be, in ranges.</summary>
    public IReadOnlyList<(int First, int Last)> Missing { get; }

    /// <summary>How many there should be.</summary>
    public int Count => Shards.Count + Missing.Sum(range => range.Last - range.First + 1);

    /// <summary>All sets among the names of a directory. One part that does not say of how many is a file like any other.</summary>
    public static IReadOnlyList<ShardSet> FindAll(IEnumerable<string> files) =>
    [
        .. files.Select(ShardName.TryParse)
            .OfType<ShardName>()
            .GroupBy(name => (Stem: name.Stem.ToUpperInvariant(), name.Total, Suffix: name.Suffix.ToUpperInvariant()))
            .Where(set => set.Key.Total is not null || set.Count() > 1 || set.First().Number > 0)
            .Select(set => new ShardSet([.. set.OrderBy(name => name.Number).ThenBy(name => name.File, StringComparer.Ordinal)])),
    ];

    /// <summary>What is wrong with the numbers, so that the files cannot be parts of one checkpoint; else null.</summary>
    public string? FindContradiction()
    {
        for (int i = 1; i < Shards.Count; i++)
        {
            if (Shards[i].Number == Shards[i - 1].Number)
            {
                return $"'{DisplayText.Name(Shards[i - 1].File)}' and '{DisplayText.Name(Shards[i].File)}' have the same number";
            }
        }

        return Shards[^1] is { Total: { } total, Number: var last } shard && last > total
            ? $"'{DisplayText.Name(shard.File)}' has a number beyond its own total of {total}"
            : null;
    }

    /// <summary>The missing numbers and the first of their names, for a message.</summary>
    public string DescribeMissing()
    {
        string numbers = string.Join(", ", Missing.Take(MostNamed).Select(range => range.First == range.Last
            ? range.First.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{range.First} to {range.Last}")));
        string more = Missing.Count > MostNamed ? " and others" : string.Empty;
        string name = DisplayText.Name(Shards[0].NameOf(Missing[0].First));
        int missing = Count - Shards.Count;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{missing} of {Count} shards {(missing == 1 ? "is" : "are")} missing: number {numbers}{more}, such as '{name}'. Get what is missing, or the whole again");
    }

    /// <remarks>
    /// Counted from 1 to the total; from 0 where there is a 0, up to one less than the total, or (as some write it) to the
    /// total itself. Parts without a total are counted from 0 to the last that is there.
    /// </remarks>
    private static List<(int First, int Last)> FindMissing(IReadOnlyList<ShardName> shards)
    {
        bool fromZero = shards[0].Number == 0 || shards[0].IsPart;
        int end = Math.Max(shards[^1].Number, shards[0].Total is { } total ? total - (fromZero ? 1 : 0) : 0);
        int next = fromZero ? 0 : 1;
        var missing = new List<(int First, int Last)>();
        foreach (var shard in shards)
        {
            if (shard.Number > next)
            {
                missing.Add((next, shard.Number - 1));
            }

            next = Math.Max(next, shard.Number + 1);
        }

        if (next <= end)
        {
            missing.Add((next, end));
        }

        return missing;
    }
}

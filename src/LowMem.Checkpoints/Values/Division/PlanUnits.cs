namespace LowMem.Checkpoints.Values.Division;

/// <summary>
/// The units that a plan can be divided into: what shares bytes of a file, or is put together from several places, stays together,
/// so that no byte is read by two parts.
/// </summary>
internal sealed class PlanUnits
{
    private readonly List<Stretch> stretches = [];
    private readonly List<int> parents = [];

    /// <summary>A range of a file that somebody needs.</summary>
    /// <param name="Path">The file.</param>
    /// <param name="Start">The first byte.</param>
    /// <param name="End">Behind the last one.</param>
    /// <param name="Owner">Who needs it, by number; those of one number stay together.</param>
    internal readonly record struct Need(string Path, long Start, long End, int Owner);

    /// <summary>A unit: what it costs, and where it begins.</summary>
    /// <param name="Path">The first file of it.</param>
    /// <param name="Start">The first byte there.</param>
    /// <param name="Bytes">The bytes that are read for it.</param>
    internal sealed record Unit(string Path, long Start, long Bytes);

    private sealed record Stretch(string Path, long Start, long Length, int Owner);

    /// <summary>Puts needs together to units.</summary>
    /// <param name="needs">All needs.</param>
    /// <param name="ownerCount">How many owners there are, numbered from 0.</param>
    /// <param name="unitOf">The number of the unit of each owner; -1 of one that needs nothing.</param>
    /// <returns>The units, the largest first.</returns>
    public static IReadOnlyList<Unit> Find(IEnumerable<Need> needs, int ownerCount, out int[] unitOf)
    {
        var units = new PlanUnits();
        units.parents.AddRange(Enumerable.Range(0, ownerCount));
        foreach (var file in needs.GroupBy(need => need.Path, StringComparer.Ordinal))
        {
            units.Merge(file.Key, [.. file.OrderBy(need => need.Start).ThenBy(need => need.End)]);
        }

        return units.Collect(ownerCount, out unitOf);
    }

    private void Merge(string path, List<Need> needs)
    {
        (long start, long end, int owner) = (needs[0].Start, needs[0].End, needs[0].Owner);
        foreach (var need in needs)
        {
            if (need.Start < end)
            {
                Union(owner, need.Owner);
                end = Math.Max(end, need.End);
            }
            else
            {
                stretches.Add(new Stretch(path, start, end - start, owner));
                (start, end, owner) = (need.Start, need.End, need.Owner);
            }
        }

        stretches.Add(new Stretch(path, start, end - start, owner));
    }

    private List<Unit> Collect(int ownerCount, out int[] unitOf)
    {
        var byRoot = new Dictionary<int, Unit>();
        foreach (var stretch in stretches)
        {
            int root = Root(stretch.Owner);
            bool isFirst = !byRoot.TryGetValue(root, out var known)
                || string.CompareOrdinal(stretch.Path, known.Path) is var order && (order < 0 || (order == 0 && stretch.Start < known.Start));
            byRoot[root] = isFirst
                ? new Unit(stretch.Path, stretch.Start, stretch.Length + (known?.Bytes ?? 0))
                : known! with { Bytes = known.Bytes + stretch.Length };
        }

        var units = byRoot.OrderByDescending(unit => unit.Value.Bytes)
            .ThenBy(unit => unit.Value.Path, StringComparer.Ordinal)
            .ThenBy(unit => unit.Value.Start)
            .ToList();
        var numbers = units.Index().ToDictionary(unit => unit.Item.Key, unit => unit.Index);
        unitOf = [.. Enumerable.Range(0, ownerCount).Select(owner => numbers.GetValueOrDefault(Root(owner), -1))];
        return [.. units.Select(unit => unit.Value)];
    }

    private int Root(int owner)
    {
        while (parents[owner] != owner)
        {
            parents[owner] = parents[parents[owner]];
            owner = parents[owner];
        }

        return owner;
    }

    private void Union(int one, int other)
    {
        (int first, int second) = (Root(one), Root(other));
        // The smaller number stays: which one it is does not depend on the order.
        parents[Math.Max(first, second)] = Math.Min(first, second);
    }
}

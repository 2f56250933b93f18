namespace LowMem.Checkpoints.Values.Division;

/// <summary>
/// Gives units out to parts: the largest first, always to the part that has least. Small ones that lie side by side stay together, so
/// that who reads one does not read what lies between it and the next, which is another part's.
/// </summary>
internal static class UnitRuns
{
    /// <summary>How many runs a fair share has at the least: the shares differ by no more than one of them.</summary>
    private const int RunsOfShare = 16;

    /// <summary>The part of each unit, in the order of the units.</summary>
    /// <param name="units">All units.</param>
    /// <param name="loads">What the parts have so far.</param>
    public static int[] GiveOut(IReadOnlyList<PlanUnits.Unit> units, PartLoads loads)
    {
        var runs = Find(units, loads.Bytes.Count);
        int[] partOf = new int[units.Count];
        foreach (var run in runs.OrderByDescending(run => run.Bytes).ThenBy(run => run.First))
        {
            int part = loads.Assign(run.Bytes);
            run.Units.ForEach(unit => partOf[unit] = part);
        }

        return partOf;
    }

    private static List<Run> Find(IReadOnlyList<PlanUnits.Unit> units, int parts)
    {
        Int128 total = units.Aggregate(Int128.Zero, (sum, unit) => sum + unit.Bytes);
        long most = (long)Int128.Min(total / RunsOfShare / parts, long.MaxValue / 2);
        var runs = new List<Run>();
        PlanUnits.Unit? last = null;
        foreach (var (number, unit) in units.Index().OrderBy(unit => unit.Item.Path, StringComparer.Ordinal).ThenBy(unit => unit.Item.Start))
        {
            bool isNext = last is not null && last.Path == unit.Path && unit.Bytes <= most && runs[^1].Bytes <= most - unit.Bytes;
            if (!isNext)
            {
                runs.Add(new Run(runs.Count));
            }

            runs[^1].Units.Add(number);
            runs[^1].Bytes += unit.Bytes;
            last = unit;
        }

        return runs;
    }

    /// <param name="first">Its place among the runs.</param>
    private sealed class Run(int first)
    {
        public int First => first;

        public List<int> Units { get; } = [];

        public long Bytes { get; set; }
    }
}

namespace LowMem.Checkpoints.Values.Division;

/// <summary>
/// How many bytes each part has so far. What comes next goes to the part that has least, and of several to the first: who gives
/// out the same in the same order gives it to the same parts.
/// </summary>
internal sealed class PartLoads
{
    private readonly PriorityQueue<int, (long Bytes, int Part)> least = new();
    private readonly long[] loads;

    /// <param name="count">How many parts there are.</param>
    public PartLoads(int count)
    {
        loads = new long[count];
        for (int part = 0; part < count; part++)
        {
            least.Enqueue(part, (0, part));
        }
    }

    /// <summary>The bytes of each part.</summary>
    public IReadOnlyList<long> Bytes => loads;

    /// <summary>Says that parts have more than was given to them here.</summary>
    /// <param name="parts">The numbers of the parts, from 0.</param>
    /// <param name="bytes">How many bytes each of them has.</param>
    public void Charge(IEnumerable<int> parts, long bytes)
    {
        foreach (int part in parts)
        {
            loads[part] = Math.Min(long.MaxValue / 2, loads[part]) + Math.Clamp(bytes, 0, long.MaxValue / 2);
        }

        least.Clear();
        least.EnqueueRange(loads.Select((load, part) => (part, (load, part))));
    }

    /// <summary>Gives bytes to a part.</summary>
    /// <param name="bytes">How many; what costs next to nothing still counts as one.</param>
    /// <returns>The number of the part, from 0.</returns>
    public int Assign(long bytes)
    {
        int part = least.Dequeue();
        loads[part] = Math.Min(long.MaxValue / 2, loads[part]) + Math.Clamp(bytes, 1, long.MaxValue / 2);
        least.Enqueue(part, (loads[part], part));
        return part;
    }
}

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>What has to hold before ranges of a file are handed out. Safe for several threads.</summary>
internal sealed class DeferredChecks
{
    private readonly Lock gate = new();
    private readonly SortedList<(long Offset, long Place), Check> waiting = [];

    /// <summary>The longest range that waits: none that begins further in front reaches a place.</summary>
    private long longest;

    public void Add(ByteRange range, ByteRange place, Action<ReadOnlyMemory<byte>> check)
    {
        lock (gate)
        {
            waiting.TryAdd((range.Offset, place.Offset), new Check(range, place, check));
            longest = Math.Max(longest, range.Length);
        }
    }

    /// <summary>Those that a range needs and that did not come about yet.</summary>
    public IReadOnlyList<Check> Find(ByteRange range)
    {
        lock (gate)
        {
            if (waiting.Count == 0)
            {
                return [];
            }

            List<Check>? found = null;
            for (int index = FindFrom(range.Offset - longest); index < waiting.Count && waiting.GetKeyAtIndex(index).Offset < range.End; index++)
            {
                var check = waiting.GetValueAtIndex(index);
                if (check.Range.End > range.Offset)
                {
                    (found ??= []).Add(check);
                }
            }

            return found ?? [];
        }
    }

    /// <summary>Says that one holds.</summary>
    public void Remove(Check check)
    {
        lock (gate)
        {
            waiting.Remove((check.Range.Offset, check.Place.Offset));
        }
    }

    private int FindFrom(long offset)
    {
        int low = 0;
        int high = waiting.Count;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            (low, high) = waiting.GetKeyAtIndex(middle).Offset < offset ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <param name="Range">What it is for.</param>
    /// <param name="Place">The bytes that tell.</param>
    /// <param name="Run">Looks at them, and throws.</param>
    internal sealed record Check(ByteRange Range, ByteRange Place, Action<ReadOnlyMemory<byte>> Run);
}

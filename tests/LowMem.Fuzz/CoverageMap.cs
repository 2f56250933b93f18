using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace LowMem.Fuzz;

/// <summary>
/// Which edges between branches an execution took, and which any took before. How often counts in powers of two only: a
/// loop that runs once more is nothing new.
/// </summary>
internal sealed unsafe class CoverageMap : IDisposable
{
    /// <summary>What the instrumentation writes to: a byte for each pair of branches, some of which share one.</summary>
    private const int Length = 1 << 16;

    private readonly byte* counts = (byte*)NativeMemory.AllocZeroed(Length);
    private readonly byte[] known = new byte[Length];

    public CoverageMap() => Trace.SharedMem = counts;

    /// <summary>The edges that were taken at all.</summary>
    public int Edges => known.Length - known.AsSpan().Count((byte)0);

    /// <summary>To be called before an execution.</summary>
    public void Start()
    {
        Counts.Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>What the last execution took and none before it: places in the map, with how often in powers of two.</summary>
    public List<(int Place, byte Often)> FindNew()
    {
        var found = new List<(int, byte)>();
        var words = MemoryMarshal.Cast<byte, ulong>(Counts);
        for (int i = 0; i < words.Length; i++)
        {
            if (words[i] == 0)
            {
                continue;
            }

            for (int place = i * sizeof(ulong); place < (i + 1) * sizeof(ulong); place++)
            {
                byte often = Often(counts[place]);
                if ((known[place] & often) != often)
                {
                    found.Add((place, often));
                }
            }
        }

        return found;
    }

    /// <summary>Of what an execution found, the part that the last one took as well; from now on it is known.</summary>
    public bool Confirm(IEnumerable<(int Place, byte Often)> found)
    {
        bool any = false;
        foreach (var (place, often) in found)
        {
            if (Often(counts[place]) == often)
            {
                known[place] |= often;
                any = true;
            }
        }

        return any;
    }

    public void Dispose() => NativeMemory.Free(counts);

    private Span<byte> Counts => new(counts, Length);

    /// <summary>One bit for a count: 1, 2, 3, from 4, 8, 16, 32, 128.</summary>
    private static byte Often(byte count) => count switch
    {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}

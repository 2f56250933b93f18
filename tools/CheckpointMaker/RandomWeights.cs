using System.Runtime.InteropServices;

namespace LowMem.CheckpointMaker;

/// <summary>The same small random numbers every time.</summary>
public static class RandomWeights
{
    private const int BlockLength = 1 << 20;

    /// <summary>
    /// Numbers as large as the initial weights of a wide layer are, so that a forward pass neither overflows nor dies away.
    /// </summary>
    public static IEnumerable<ReadOnlyMemory<byte>> GetBlocks(long count, int seed)
    {
        var values = new float[Math.Min(BlockLength, count)];
        var state = (uint)seed | 1;
        for (long done = 0; done < count; done += BlockLength)
        {
            var length = (int)Math.Min(BlockLength, count - done);
            for (var i = 0; i < length; i++)
            {
                // The upper bits of a linear congruential generator: good enough for weights, and fast.
                state = unchecked((state * 1664525) + 1013904223);
                values[i] = ((state >> 8) - (float)(1 << 23)) / ((float)(1 << 23) * 64);
            }

            yield return MemoryMarshal.AsBytes(values.AsSpan(0, length)).ToArray();
        }
    }
}

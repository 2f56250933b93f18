using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>How often there is each code of 16 bits.</summary>
internal sealed class CodeCounts
{
    /// <summary>The number of codes.</summary>
    public const int Length = 1 << 16;

    private readonly long[] counts = new long[Length];

    // Half as large, so that it stays in a cache; it goes into the other before it overflows.
    private readonly uint[] recent = new uint[Length];
    private long recentCount;

    /// <summary>How often there is each.</summary>
    public ReadOnlySpan<long> Counts
    {
        get
        {
            TakeRecent();
            return counts;
        }
    }

    /// <summary>How often there is one.</summary>
    public long Count(ushort code) => counts[code] + recent[code];

    /// <summary>Counts codes.</summary>
    public void Add(ReadOnlySpan<ushort> codes)
    {
        int whole = codes.Length & ~3;
        Reserve(codes.Length);
        CountEach(ref MemoryMarshal.GetReference(codes), whole, 1);
        foreach (ushort code in codes[whole..])
        {
            recent[code]++;
        }
    }

    /// <summary>Counts codes of 8 bits.</summary>
    public void Add(ReadOnlySpan<byte> codes)
    {
        Reserve(codes.Length);
        foreach (byte code in codes)
        {
            recent[code]++;
        }
    }

    /// <summary>Counts the upper halves of numbers of float32.</summary>
    public void AddUpperHalves(ReadOnlySpan<float> numbers)
    {
        int whole = numbers.Length & ~3;
        Reserve(numbers.Length);
        ref ushort halves = ref Unsafe.As<float, ushort>(ref MemoryMarshal.GetReference(numbers));
        CountEach(ref BitConverter.IsLittleEndian ? ref Unsafe.Add(ref halves, 1) : ref halves, whole, 2);
        foreach (float number in numbers[whole..])
        {
            recent[(int)(BitConverter.SingleToUInt32Bits(number) >> 16)]++;
        }
    }

    /// <summary>Counts a code.</summary>
    public void Add(ushort code) => counts[code]++;

    /// <summary>Adds what another one counted.</summary>
    public void Add(CodeCounts other)
    {
        var more = other.Counts;
        for (int i = 0; i < Length; i++)
        {
            counts[i] += more[i];
        }
    }

    /// <summary>Counts nothing any more.</summary>
    public void Clear()
    {
        Array.Clear(counts);
        Array.Clear(recent);
        recentCount = 0;
    }

    /// <summary>Counts codes that lie so far apart. There is an entry for each code, so that no index needs a look.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void CountEach(ref ushort codes, int count, int distance)
    {
        ref uint table = ref MemoryMarshal.GetArrayDataReference(recent);
        unchecked
        {
            nint step = distance;
            for (int left = count; left > 0; left -= 4)
            {
                Unsafe.Add(ref table, (nuint)codes)++;
                Unsafe.Add(ref table, (nuint)Unsafe.Add(ref codes, step))++;
                Unsafe.Add(ref table, (nuint)Unsafe.Add(ref codes, 2 * step))++;
                Unsafe.Add(ref table, (nuint)Unsafe.Add(ref codes, 3 * step))++;
                codes = ref Unsafe.Add(ref codes, 4 * step);
            }
        }
    }

    private void Reserve(int count)
    {
        if (recentCount > uint.MaxValue - count)
        {
            TakeRecent();
        }

        recentCount += count;
    }

    private void TakeRecent()
    {
        if (recentCount == 0)
        {
            return;
        }

        for (int i = 0; i < Length; i++)
        {
            counts[i] += recent[i];
        }

        Array.Clear(recent);
        recentCount = 0;
    }
}

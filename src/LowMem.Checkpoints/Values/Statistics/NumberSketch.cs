using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>
/// How many numbers there are of about the same size: of a float32, the sign, the exponent and seven bits of the mantissa, so
/// that a number is known within 1/256 of itself. Beyond float32 it is the greatest that there is.
/// </summary>
internal sealed class NumberSketch
{
    private const int Buckets = 1 << 16;
    private const uint LargestFinite = 0x7f7fffff;

    private readonly long[] counts = new long[Buckets];

    // Half as large, so that it stays in a cache; it goes into the other before it overflows.
    private readonly uint[] recent = new uint[Buckets];
    private long recentCount;

    /// <summary>Counts finite numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ReadOnlySpan<double> numbers)
    {
        var greatest = Vector512.Create(float.MaxValue);
        var vectors = MemoryMarshal.Cast<double, Vector512<double>>(numbers);
        Span<uint> buckets = stackalloc uint[Vector512<uint>.Count];
        int i = 0;
        for (; i + 1 < vectors.Length; i += 2)
        {
            // What is beyond float32 became infinite.
            var singles = Vector512.Narrow(vectors[i], vectors[i + 1]);
            singles = Vector512.MaxNative(-greatest, Vector512.MinNative(greatest, singles));
            (singles.AsUInt32() >> 16).CopyTo(buckets);
            foreach (uint bucket in buckets)
            {
                counts[bucket]++;
            }
        }

        foreach (double number in numbers[(i * Vector512<double>.Count)..])
        {
            uint bits = BitConverter.SingleToUInt32Bits((float)number);
            counts[(bits & 0x7fffffff) > LargestFinite ? ((bits & 0x80000000) | LargestFinite) >> 16 : bits >> 16]++;
        }
    }

    /// <summary>Counts finite numbers of float32: the bits that matter are the upper half of each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ReadOnlySpan<float> numbers)
    {
        if (recentCount > uint.MaxValue - numbers.Length)
        {
            TakeRecent();
        }

        recentCount += numbers.Length;

        // There is a bucket for each 16 bits.
        ref uint table = ref MemoryMarshal.GetArrayDataReference(recent);
        foreach (ulong pair in MemoryMarshal.Cast<float, ulong>(numbers))
        {
            unchecked
            {
                Unsafe.Add(ref table, (nuint)(ushort)(pair >> 48))++;
                Unsafe.Add(ref table, (nuint)(ushort)(pair >> 16))++;
            }
        }

        if ((numbers.Length & 1) != 0)
        {
            recent[(int)(BitConverter.SingleToUInt32Bits(numbers[^1]) >> 16)]++;
        }
    }

    /// <summary>Adds what another one counted.</summary>
    public void Add(NumberSketch other)
    {
        other.TakeRecent();
        for (int i = 0; i < Buckets; i++)
        {
            counts[i] += other.counts[i];
        }
    }

    /// <summary>Counts nothing any more.</summary>
    public void Clear()
    {
        Array.Clear(counts);
        Array.Clear(recent);
        recentCount = 0;
    }

    /// <summary>The middles of the buckets and what is in them, the least first.</summary>
    public IEnumerable<(double Number, long Count)> InOrder()
    {
        TakeRecent();
        for (int i = Buckets - 1; i >= Buckets / 2; i--)
        {
            if (counts[i] > 0)
            {
                yield return (-Middle(i - (Buckets / 2)), counts[i]);
            }
        }

        for (int i = 0; i < Buckets / 2; i++)
        {
            if (counts[i] > 0)
            {
                yield return (Middle(i), counts[i]);
            }
        }
    }

    private void TakeRecent()
    {
        if (recentCount == 0)
        {
            return;
        }

        for (int i = 0; i < Buckets; i++)
        {
            counts[i] += recent[i];
        }

        Array.Clear(recent);
        recentCount = 0;
    }

    /// <summary>A zero is a zero: there are many, and few of the numbers beside it.</summary>
    private static double Middle(int magnitude) =>
        magnitude == 0 ? 0 : BitConverter.UInt32BitsToSingle(((uint)magnitude << 16) | 0x8000);
}

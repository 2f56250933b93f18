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
    private const int Signed = CodeCounts.Length / 2;
    private const int MantissaMask = 0x7f;
    private const uint LargestFinite = 0x7f7fffff;

    private readonly CodeCounts buckets = new();

    /// <summary>How many are in the buckets of the two zeros: these, and the nearest denormal ones.</summary>
    public long NearZero => buckets.Count(0) + buckets.Count(Signed);

    /// <summary>Counts finite numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ReadOnlySpan<double> numbers)
    {
        var greatest = Vector512.Create(float.MaxValue);
        var vectors = MemoryMarshal.Cast<double, Vector512<double>>(numbers);
        Span<float> narrowed = stackalloc float[Vector512<float>.Count];
        int i = 0;
        for (; i + 1 < vectors.Length; i += 2)
        {
            // What is beyond float32 became infinite.
            var singles = Vector512.Narrow(vectors[i], vectors[i + 1]);
            Vector512.MaxNative(-greatest, Vector512.MinNative(greatest, singles)).CopyTo(narrowed);
            buckets.AddUpperHalves(narrowed);
        }

        foreach (double number in numbers[(i * Vector512<double>.Count)..])
        {
            uint bits = BitConverter.SingleToUInt32Bits((float)number);
            bits = (bits & 0x7fffffff) > LargestFinite ? (bits & 0x80000000) | LargestFinite : bits;
            buckets.Add((ushort)(bits >> 16));
        }
    }

    /// <summary>Counts finite numbers of float32: the bits that matter are the upper half of each.</summary>
    public void Add(ReadOnlySpan<float> numbers) => buckets.AddUpperHalves(numbers);

    /// <summary>Adds what another one counted.</summary>
    public void Add(NumberSketch other) => buckets.Add(other.buckets);

    /// <summary>Counts nothing any more.</summary>
    public void Clear() => buckets.Clear();

    /// <summary>How many are zero or denormal as float32: those whose exponent has no bit.</summary>
    public long CountBelowNormal()
    {
        var counts = buckets.Counts;
        long count = 0;
        for (int i = 0; i <= MantissaMask; i++)
        {
            count += counts[i] + counts[Signed + i];
        }

        return count;
    }

    /// <summary>The middles of the buckets and what is in them, the least first.</summary>
    public List<CountedNumber> InOrder()
    {
        var counts = buckets.Counts;
        var ordered = new List<CountedNumber>();
        for (int i = CodeCounts.Length - 1; i >= Signed; i--)
        {
            if (counts[i] > 0)
            {
                ordered.Add(new CountedNumber(-Middle(i - Signed), counts[i]));
            }
        }

        for (int i = 0; i < Signed; i++)
        {
            if (counts[i] > 0)
            {
                ordered.Add(new CountedNumber(Middle(i), counts[i]));
            }
        }

        return ordered;
    }

    /// <summary>A zero is a zero: there are many, and few of the numbers beside it.</summary>
    private static double Middle(int magnitude) =>
        magnitude == 0 ? 0 : BitConverter.UInt32BitsToSingle(((uint)magnitude << 16) | 0x8000);
}

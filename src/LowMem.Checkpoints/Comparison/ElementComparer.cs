using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LowMem.Checkpoints.Comparison;

/// <summary>Compares elements of two tensors as numbers. Safe for several threads.</summary>
/// <remarks>
/// Two numbers are close when they are equal, or when their distance is finite and no more than the absolute tolerance and the
/// relative one times the reference's size: the rule of <c>torch.isclose</c>. NaN is close to NaN: it is what was there before.
/// </remarks>
/// <param name="reference">Reads the reference.</param>
/// <param name="difference">Reads the difference.</param>
/// <param name="options">The tolerances.</param>
/// <param name="order">The place in row-major order of an element that is read; null when they are read in that order.</param>
internal sealed class ElementComparer(ComparedNumbers reference, ComparedNumbers difference, ComparisonOptions options, Func<long, long>? order)
{
    /// <summary>The numbers that are compared while they are in the nearest cache.</summary>
    private const int Chunk = 1024;

    private readonly bool isComplex = reference.IsComplex || difference.IsComplex;
    private readonly bool isWide = reference.IsWide || difference.IsWide;
    private readonly double absolute = options.AbsoluteTolerance;
    private readonly double relative = options.RelativeTolerance;

    /// <summary>Compares some elements.</summary>
    /// <param name="left">Those of the reference, from a whole byte on.</param>
    /// <param name="right">Those of the difference.</param>
    /// <param name="first">The place of the first, in the order in which they are read.</param>
    /// <param name="count">How many.</param>
    public DistanceTotals Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, long first, int count)
    {
        Span<double> a = stackalloc double[Chunk];
        Span<double> b = stackalloc double[Chunk];
        Span<double> c = stackalloc double[isWide ? Chunk : 0];
        Span<double> d = stackalloc double[isWide ? Chunk : 0];
        var totals = new DistanceTotals();
        int step = isComplex ? Chunk / 2 : Chunk;
        for (int done = 0; done < count; done += step)
        {
            int elements = Math.Min(step, count - done);
            int numbers = isComplex ? 2 * elements : elements;
            int rests = isWide ? numbers : 0;
            Read(reference, left[(int)((long)done * reference.Bits / 8)..], a[..numbers], c[..rests]);
            Read(difference, right[(int)((long)done * difference.Bits / 8)..], b[..numbers], d[..rests]);
            if (isComplex)
            {
                ComparePairs(a[..numbers], b[..numbers], c[..rests], d[..rests], first + done, ref totals);
            }
            else if (isWide || !TryCompare(a[..numbers], b[..numbers], first + done, ref totals))
            {
                CompareEach(a[..numbers], b[..numbers], c[..rests], d[..rests], first + done, ref totals);
            }
        }

        return totals;
    }

    private void Read(ComparedNumbers side, ReadOnlySpan<byte> elements, Span<double> numbers, Span<double> rests)
    {
        if (!isComplex || side.IsComplex)
        {
            side.Read(elements, numbers, rests);
            return;
        }

        // A real number has no imaginary part. From the last on, so that none is overwritten before it is moved.
        int count = numbers.Length / 2;
        side.Read(elements, numbers[..count], rests.IsEmpty ? rests : rests[..count]);
        Spread(numbers, count);
        Spread(rests, rests.IsEmpty ? 0 : count);
    }

    private static void Spread(Span<double> numbers, int count)
    {
        for (int i = count - 1; i >= 0; i--)
        {
            numbers[2 * i] = numbers[i];
            numbers[(2 * i) + 1] = 0;
        }
    }

    /// <summary>Compares numbers if all of them are finite; else does nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TryCompare(ReadOnlySpan<double> a, ReadOnlySpan<double> b, long first, ref DistanceTotals totals)
    {
        var left = MemoryMarshal.Cast<double, Vector512<double>>(a);
        var right = MemoryMarshal.Cast<double, Vector512<double>>(b);
        int vectorized = left.Length * Vector512<double>.Count;
        var infinity = Vector512.Create(double.PositiveInfinity);
        var finite = Vector512<double>.AllBitsSet;
        for (int i = 0; i < left.Length; i++)
        {
            finite &= Vector512.LessThan(Vector512.Abs(left[i]), infinity) & Vector512.LessThan(Vector512.Abs(right[i]), infinity);
        }

        if (finite.AsUInt64() != Vector512<ulong>.AllBitsSet)
        {
            return false;
        }

        var absolutes = Vector512.Create(absolute);
        var relatives = Vector512.Create(relative);
        var distances = Vector512<double>.Zero;
        var lefts = Vector512<double>.Zero;
        var rights = Vector512<double>.Zero;
        var products = Vector512<double>.Zero;
        var greatest = Vector512<double>.Zero;
        var greatestRelative = Vector512.Create(-1.0);
        var differing = Vector512<long>.Zero;
        for (int i = 0; i < left.Length; i++)
        {
            var x = left[i];
            var y = right[i];
            var distance = y - x;
            var size = Vector512.Abs(x);
            distances += distance * distance;
            lefts += x * x;
            rights += y * y;
            products += x * y;
            distance = Vector512.Abs(distance);
            greatest = Vector512.MaxNative(greatest, distance);
            var ratio = Vector512.ConditionalSelect(
                Vector512.Equals(size, Vector512<double>.Zero), Vector512.Create(-1.0), distance / size);
            greatestRelative = Vector512.MaxNative(greatestRelative, ratio);
            var close = (Vector512.LessThanOrEqual(distance, absolutes + (relatives * size)) & Vector512.LessThan(distance, infinity))
                | Vector512.Equals(distance, Vector512<double>.Zero);
            differing -= Vector512.Equals(close.AsInt64(), Vector512<long>.Zero);
        }

        long count = Vector512.Sum(differing);
        totals.Finite += vectorized;
        totals.Differing += count;
        totals.SquaredDistances += Vector512.Sum(distances);
        totals.SquaredReference += Vector512.Sum(lefts);
        totals.SquaredDifference += Vector512.Sum(rights);
        totals.Products += Vector512.Sum(products);
        for (int i = 0; i < Vector512<double>.Count; i++)
        {
            totals.Greatest = Math.Max(totals.Greatest, greatest[i]);
            totals.GreatestRelative = Math.Max(totals.GreatestRelative, greatestRelative[i]);
        }

        if (count > 0 && (order is not null || first < totals.First))
        {
            for (int i = 0; i < vectorized; i++)
            {
                if (!IsClose(Math.Abs(b[i] - a[i]), Math.Abs(a[i])))
                {
                    totals.Note(order?.Invoke(first + i) ?? first + i, new ComparedNumber(a[i], 0), new ComparedNumber(b[i], 0));
                    if (order is null)
                    {
                        break;
                    }
                }
            }
        }

        CompareEach(a[vectorized..], b[vectorized..], [], [], first + vectorized, ref totals);
        return true;
    }

    private bool IsClose(double distance, double size) =>
        distance == 0 || (distance <= absolute + (relative * size) && double.IsFinite(distance));

    private void CompareEach(
        ReadOnlySpan<double> a, ReadOnlySpan<double> b, ReadOnlySpan<double> c, ReadOnlySpan<double> d, long first, ref DistanceTotals totals)
    {
        for (int i = 0; i < a.Length; i++)
        {
            double rest = c.IsEmpty ? 0 : c[i];
            double otherRest = d.IsEmpty ? 0 : d[i];
            bool isClose;
            if (double.IsFinite(a[i]) && double.IsFinite(b[i]))
            {
                double distance = Math.Abs((b[i] - a[i]) + (otherRest - rest));
                Count(distance * distance, a[i] * a[i], b[i] * b[i], a[i] * b[i], distance, Math.Abs(a[i]), ref totals);
                isClose = IsClose(distance, Math.Abs(a[i]));
            }
            else
            {
                isClose = a[i] == b[i] || (double.IsNaN(a[i]) && double.IsNaN(b[i]));
                totals.NonFinite += isClose ? 0 : 1;
            }

            if (!isClose)
            {
                totals.Differing++;
                totals.Note(order?.Invoke(first + i) ?? first + i, new ComparedNumber(a[i], rest), new ComparedNumber(b[i], otherRest));
            }
        }
    }

    private void ComparePairs(
        ReadOnlySpan<double> a, ReadOnlySpan<double> b, ReadOnlySpan<double> c, ReadOnlySpan<double> d, long first, ref DistanceTotals totals)
    {
        for (int i = 0; i < a.Length; i += 2)
        {
            var (x, ix, y, iy) = (a[i], a[i + 1], b[i], b[i + 1]);
            bool isClose;
            if (double.IsFinite(x) && double.IsFinite(ix) && double.IsFinite(y) && double.IsFinite(iy))
            {
                double real = (y - x) + (c.IsEmpty ? 0 : d[i] - c[i]);
                double distance = double.Hypot(real, iy - ix);
                double size = double.Hypot(x, ix);
                Count(
                    (real * real) + ((iy - ix) * (iy - ix)), (x * x) + (ix * ix), (y * y) + (iy * iy), (x * y) + (ix * iy), distance, size, ref totals);
                isClose = IsClose(distance, size);
            }
            else
            {
                isClose = (x == y || (double.IsNaN(x) && double.IsNaN(y))) && (ix == iy || (double.IsNaN(ix) && double.IsNaN(iy)));
                totals.NonFinite += isClose ? 0 : 1;
            }

            if (!isClose)
            {
                long at = first + (i / 2);
                totals.Differing++;
                totals.Note(
                    order?.Invoke(at) ?? at,
                    new ComparedNumber(x, reference.IsComplex ? ix : c.IsEmpty ? 0 : c[i]),
                    new ComparedNumber(y, difference.IsComplex ? iy : d.IsEmpty ? 0 : d[i]));
            }
        }
    }

    private static void Count(double squared, double left, double right, double product, double distance, double size, ref DistanceTotals totals)
    {
        totals.Finite++;
        totals.SquaredDistances += squared;
        totals.SquaredReference += left;
        totals.SquaredDifference += right;
        totals.Products += product;
        totals.Greatest = Math.Max(totals.Greatest, distance);
        totals.GreatestRelative = size == 0 ? totals.GreatestRelative : Math.Max(totals.GreatestRelative, distance / size);
    }
}

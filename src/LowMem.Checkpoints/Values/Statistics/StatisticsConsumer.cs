using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using LowMem.Checkpoints.Values.Elements;
using LowMem.Checkpoints.Values.Health;

namespace LowMem.Checkpoints.Values.Statistics;

/// <summary>
/// Gathers the figures of one tensor from its values, packed and little-endian. What comes out does not depend on the order in
/// which blocks come, nor on how many threads bring them.
/// </summary>
/// <param name="type">A type whose numbers can be read.</param>
/// <param name="byteLength">The bytes of the values.</param>
/// <param name="repeat">How often the tensor has each value.</param>
/// <param name="percentages">Those of the percentiles that are wanted.</param>
/// <param name="evidence">What judges the values by their health, and may get what it needs from here: see <see cref="GathersEvidence"/>.</param>
internal sealed class StatisticsConsumer(
    DType type, long byteLength, long repeat, IReadOnlyList<double> percentages, EvidenceConsumer? evidence = null) : ElementConsumer(UnitOf(type))
{
    /// <summary>So many numbers are kept and sorted; of more, there is a sketch.</summary>
    public const int MostKept = 1 << 16;

    /// <summary>The numbers that are converted, and looked at while they are in the nearest cache.</summary>
    private const int Chunk = 1024;

    /// <summary>The numbers of float32 that are looked at in one go: so many that what comes after costs nothing beside it.</summary>
    private const int SingleChunk = 8 * Chunk;

    private static readonly ConcurrentBag<Part> Free = [];

    private readonly long numberCount = ElementConverter.CountNumbers(type, byteLength);
    private readonly ConcurrentBag<Part> parts = [];
    private readonly Lock gate = new();
    private double[]? kept;

    /// <summary>The type of the elements.</summary>
    public DType Type => type;

    /// <summary>The figures, once all has come.</summary>
    public NumberCounts Counts { get; private set; } = NumberCounts.None;

    /// <summary>The exact figures where elements are integers; null otherwise.</summary>
    public IntegerTotals? Integers { get; private set; }

    /// <summary>The percentiles that are wanted; none of no numbers.</summary>
    public IReadOnlyList<double> Percentiles { get; private set; } = [];

    /// <summary>How many bins the histogram has that is wanted; 0 for none.</summary>
    public int BinCount { get; init; }

    /// <summary>
    /// Whether the numbers have to be looked at once more for a histogram: its bins begin at the least number, and there are too many
    /// others to keep.
    /// </summary>
    public bool NeedsSecondLook => BinCount > 0 && !HoldsAll(type, byteLength);

    /// <summary>The histogram, where no second look is needed for it; null when there is no finite number.</summary>
    public TensorHistogram? Histogram { get; private set; }

    /// <summary>Whether the evidence comes from here, so that nobody looks at the values once more for it.</summary>
    public bool GathersEvidence => evidence is not null && !IsKept && type.Name == "float32";

    private bool IsKept => numberCount <= MostKept;

    /// <summary>Whether there are so few codes that all are counted.</summary>
    private bool IsCounted => !IsKept && HasFewCodes(type);

    private bool IsInteger => type.Kind is DTypeKind.Integer or DTypeKind.Boolean or DTypeKind.Quantized;

    public override void Complete()
    {
        if (IsKept)
        {
            ConcludeKept();
        }
        else if (IsCounted)
        {
            ConcludeCodes();
        }
        else
        {
            ConcludeParts();
        }

        while (parts.TryTake(out var part))
        {
            part.Clear();
            Free.Add(part);
        }
    }

    protected override void ConsumeElements(long first, ReadOnlySpan<byte> elements)
    {
        if (IsKept)
        {
            lock (gate)
            {
                kept ??= new double[numberCount];
            }

            int start = (int)ElementConverter.CountNumbers(type, first * UnitOf(type));
            int count = (int)Math.Min(numberCount - start, ElementConverter.CountNumbers(type, elements.Length));
            ElementConverter.ToDouble(type, elements, kept.AsSpan(start, count));
            var integers = CountIntegers(elements);
            lock (gate)
            {
                Integers += integers;
            }

            return;
        }

        var part = parts.TryTake(out var mine) || Free.TryTake(out mine) ? mine : new Part();
        if (IsCounted)
        {
            if (type.BitSize == 8)
            {
                part.Codes.Add(elements);
            }
            else
            {
                part.Codes.Add(MemoryMarshal.Cast<byte, ushort>(elements));
            }
        }
        else
        {
            var counts = type.Name == "float32" ? CountSingles(MemoryMarshal.Cast<byte, float>(elements), part.Sketch) : Count(elements, part.Sketch);
            if (GathersEvidence)
            {
                AddEvidence(first, elements, counts);
            }

            part.Blocks.Add(new CountedBlock(first, counts, CountIntegers(elements)));
        }

        parts.Add(part);
    }

    /// <summary>Whether all numbers are there at the end, each with how often it comes: there are few of them, or few that differ.</summary>
    public static bool HoldsAll(DType type, long byteLength) => HasFewCodes(type) || ElementConverter.CountNumbers(type, byteLength) <= MostKept;

    /// <summary>Blocks are whole units: elements, or of elements smaller than a byte as many as fill whole bytes.</summary>
    public static int UnitOf(DType type) => type.BitSize % 8 == 0 ? type.ByteSize : type.BitSize == 6 ? 3 : 1;

    /// <summary>The bytes of so many numbers that whole elements have.</summary>
    public static int GetByteLength(DType type, int numbers) =>
        (int)type.GetByteLength(numbers) / (type.Kind == DTypeKind.Complex || type.Name == "float4_e2m1fn_x2" ? 2 : 1);

    private static bool HasFewCodes(DType type) => type.Kind != DTypeKind.Complex && type.BitSize is 8 or 16 && type.Name != "float4_e2m1fn_x2";

    /// <summary>Those of integers that are exact as float64.</summary>
    private static IntegerTotals SmallIntegers(List<CountedNumber> ordered) => new(
        ordered.Aggregate(Int128.Zero, (sum, item) => sum + ((Int128)item.Number * item.Count)), (Int128)ordered[0].Number, (Int128)ordered[^1].Number);

    private void AddEvidence(long first, ReadOnlySpan<byte> elements, NumberCounts counts)
    {
        var finite = counts.Finite;

        // What is rare costs a second look: where the first NaN is, whether all zeros have the same sign.
        if (counts.NaN + counts.Infinite > 0 || finite.Minimum == finite.Maximum)
        {
            evidence!.AddButDenormal(first, elements);
        }
        else
        {
            evidence!.AddCounted(first, elements, counts.Zero, Math.Max(-finite.Minimum, finite.Maximum), MemoryMarshal.Read<int>(elements));
        }
    }

    private NumberCounts CountSingles(ReadOnlySpan<float> numbers, NumberSketch sketch)
    {
        var counts = NumberCounts.None;
        while (!numbers.IsEmpty)
        {
            var chunk = numbers[..Math.Min(SingleChunk, numbers.Length)];
            long near = sketch.NearZero;
            if (SingleCounter.Count(chunk, counts.Finite) is { } finite)
            {
                sketch.Add(chunk);

                // Where nothing went into the buckets of the zeros, there is none.
                counts += sketch.NearZero == near ? finite : finite with { Zero = chunk.Count(0f) };
            }
            else
            {
                counts += Count(MemoryMarshal.AsBytes(chunk), sketch);
            }

            numbers = numbers[chunk.Length..];
        }

        return counts;
    }

    private NumberCounts Count(ReadOnlySpan<byte> elements, NumberSketch sketch)
    {
        Span<double> numbers = stackalloc double[Chunk];
        var counts = NumberCounts.None;
        long all = ElementConverter.CountNumbers(type, elements.Length);
        int chunkBytes = GetByteLength(type, Chunk);
        for (long done = 0; done < all; done += Chunk)
        {
            var chunk = numbers[..(int)Math.Min(Chunk, all - done)];
            ElementConverter.ToDouble(type, elements, chunk);
            elements = elements[Math.Min(chunkBytes, elements.Length)..];
            counts += NumberCounter.Count(chunk, out int finite);
            sketch.Add(chunk[..finite]);
        }

        return counts;
    }

    private IntegerTotals? CountIntegers(ReadOnlySpan<byte> elements) => type.Name switch
    {
        "int32" or "qint32" => IntegerTotals.Of(MemoryMarshal.Cast<byte, int>(elements)),
        "uint32" => IntegerTotals.Of(MemoryMarshal.Cast<byte, uint>(elements)),
        "int64" => IntegerTotals.Of(MemoryMarshal.Cast<byte, long>(elements)),
        "uint64" => IntegerTotals.Of(MemoryMarshal.Cast<byte, ulong>(elements)),
        _ => null,
    };

    private void ConcludeKept()
    {
        double[] numbers = kept ?? [];
        var counts = NumberCounts.None;
        int finite = 0;
        for (int done = 0; done < numbers.Length; done += Chunk)
        {
            var chunk = numbers.AsSpan(done, Math.Min(Chunk, numbers.Length - done));
            counts += NumberCounter.Count(chunk, out int some);
            chunk[..some].CopyTo(numbers.AsSpan(finite));
            finite += some;
        }

        Array.Sort(numbers, 0, finite);
        List<CountedNumber> ordered = [.. numbers.Take(finite).Select(number => new CountedNumber(number, 1))];
        FindPercentiles(ordered);
        Histogram = HistogramBins.CountAll(ordered, repeat, BinCount);
        if (IsInteger && finite > 0 && Integers is null)
        {
            Integers = SmallIntegers(ordered);
        }

        Counts = counts;
        kept = null;
    }

    private void ConcludeCodes()
    {
        var all = new CodeCounts();
        foreach (var part in parts)
        {
            all.Add(part.Codes);
        }

        var codes = all.Counts[..(1 << type.BitSize)];
        var ordered = new List<CountedNumber>();
        var counts = NumberCounts.None;
        Span<double> number = stackalloc double[1];
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        for (int code = 0; code < codes.Length; code++)
        {
            if (codes[code] == 0)
            {
                continue;
            }

            MemoryMarshal.Write(bytes, (ushort)code);
            ElementConverter.ToDouble(type, bytes[..type.ByteSize], number);
            if (double.IsFinite(number[0]))
            {
                ordered.Add(new CountedNumber(number[0], codes[code]));
            }

            counts += new NumberCounts(
                double.IsNaN(number[0]) ? codes[code] : 0, double.IsInfinity(number[0]) ? codes[code] : 0, number[0] == 0 ? codes[code] : 0, Moments.None);
        }

        ordered.Sort((left, right) => left.Number.CompareTo(right.Number));
        FindPercentiles(ordered);
        Histogram = HistogramBins.CountAll(ordered, repeat, BinCount);
        Counts = counts with { Finite = Moments.Of(ordered) };
        Integers = IsInteger && ordered.Count > 0 ? SmallIntegers(ordered) : null;
    }

    private void ConcludeParts()
    {
        // In the order of the file, so that rounding is the same whoever was faster.
        foreach (var block in parts.SelectMany(part => part.Blocks).OrderBy(block => block.First))
        {
            Counts += block.Counts;
            Integers += block.Integers;
        }

        var sketches = parts.Select(part => part.Sketch).ToList();
        var sketch = sketches[0];
        foreach (var other in sketches.Skip(1))
        {
            sketch.Add(other);
        }

        if (GathersEvidence)
        {
            evidence!.AddDenormal(sketch.CountBelowNormal() - Counts.Zero);
            evidence.Complete();
        }

        // The ends are known exactly.
        FindPercentiles([.. sketch.InOrder().Select(item => item with { Number = Math.Clamp(item.Number, Counts.Finite.Minimum, Counts.Finite.Maximum) })]);
    }

    private void FindPercentiles(List<CountedNumber> ordered)
    {
        long count = checked(ordered.Sum(item => item.Count) * repeat);
        Percentiles = count == 0 ? [] : [.. percentages.Select(percent => Quantiles.Find(percent, count, ordered.Select(item => item with { Count = item.Count * repeat })))];
    }

    private sealed record CountedBlock(long First, NumberCounts Counts, IntegerTotals? Integers);

    /// <summary>What one thread at a time counts.</summary>
    private sealed class Part
    {
        private CodeCounts? codes;
        private NumberSketch? sketch;

        public List<CountedBlock> Blocks { get; } = [];

        public CodeCounts Codes => codes ??= new CodeCounts();

        public NumberSketch Sketch => sketch ??= new NumberSketch();

        public void Clear()
        {
            Blocks.Clear();
            sketch?.Clear();
            codes?.Clear();
        }
    }
}

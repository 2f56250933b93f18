using LowMem.Checkpoints.Values.Elements;

namespace LowMem.Checkpoints.Values.Health;

/// <summary>
/// What takes a second reading, of the few tensors whose first one gave reason for it: which rows and columns are all zero, and
/// how many values are beyond a threshold. Takes the values in row-major order, little-endian.
/// </summary>
/// <param name="type">A type whose numbers can be read; elements of whole bytes.</param>
/// <param name="shape">The shape of the values.</param>
/// <param name="threshold">Magnitudes beyond it are counted.</param>
/// <param name="marksLines">Whether rows and columns are looked at.</param>
internal sealed class CloserLook(DType type, IReadOnlyList<long> shape, double threshold, bool marksLines) : ElementConsumer(type.ByteSize)
{
    private readonly Lock gate = new();
    private readonly long columns = marksLines ? shape[1] : 1;

    /// <summary>Numbers beside each other that share row and column.</summary>
    private readonly long inner = marksLines ? shape.Skip(2).Aggregate(1L, (product, size) => product * size) : 1;
    private readonly int perElement = ValueCounter.NumbersPerElement(type);
    private readonly double lowest = GetLargestFinite(type);
    private byte[] liveRows = [];
    private byte[] liveColumns = [];

    /// <summary>How many rows are all zero, and the first of them.</summary>
    public (long Count, long First) DeadRows { get; private set; }

    /// <summary>How many columns are all zero, and the first of them.</summary>
    public (long Count, long First) DeadColumns { get; private set; }

    /// <summary>How many finite numbers are beyond the threshold.</summary>
    public long LargeCount { get; private set; }

    /// <summary>How many of those are the least number of the type.</summary>
    public long LowestCount { get; private set; }

    /// <summary>The first element beyond the threshold; the greatest number there is when none is.</summary>
    public long FirstLarge { get; private set; } = long.MaxValue;

    public override void Complete()
    {
        DeadRows = CountDead(liveRows);
        DeadColumns = CountDead(liveColumns);
        liveRows = liveColumns = [];
    }

    protected override void ConsumeElements(long first, ReadOnlySpan<byte> elements)
    {
        const int Chunk = 512;
        if (marksLines)
        {
            lock (gate)
            {
                liveRows = liveRows.Length == 0 ? new byte[shape[0]] : liveRows;
                liveColumns = liveColumns.Length == 0 ? new byte[columns] : liveColumns;
            }
        }

        Span<double> numbers = stackalloc double[Chunk * 2];
        long large = 0;
        long lowestSeen = 0;
        long firstLarge = long.MaxValue;
        while (!elements.IsEmpty)
        {
            int count = Math.Min(Chunk, elements.Length / type.ByteSize);
            var part = numbers[..(count * perElement)];
            ElementConverter.ToDouble(type, elements[..(count * type.ByteSize)], part);
            for (int i = 0; i < part.Length; i++)
            {
                double magnitude = Math.Abs(part[i]);
                if (magnitude > threshold && double.IsFinite(magnitude))
                {
                    large++;
                    lowestSeen += part[i] == -lowest ? 1 : 0;
                    firstLarge = Math.Min(firstLarge, first + (i / perElement));
                }
            }

            if (marksLines)
            {
                Mark(first, part);
            }

            first += count;
            elements = elements[(count * type.ByteSize)..];
        }

        lock (gate)
        {
            LargeCount += large;
            LowestCount += lowestSeen;
            FirstLarge = Math.Min(FirstLarge, firstLarge);
        }
    }

    private static double GetLargestFinite(DType type) => type.Name switch
    {
        "float64" or "complex128" => double.MaxValue,
        "float32" or "complex64" => float.MaxValue,
        "float16" or "complex32" => (double)Half.MaxValue,
        _ => BitConverter.UInt32BitsToSingle(0x7f7f0000),
    };

    private static (long Count, long First) CountDead(byte[] live) => (live.LongCount(mark => mark == 0), Math.Max(0, Array.IndexOf(live, (byte)0)));

    private void Mark(long first, ReadOnlySpan<double> numbers)
    {
        long line = first / inner;
        long left = inner - (first % inner);
        var (row, column) = Math.DivRem(line, columns);
        foreach (double number in numbers)
        {
            if (number != 0)
            {
                // Whoever writes it writes the same.
                liveRows[row] = 1;
                liveColumns[column] = 1;
            }

            if (--left == 0)
            {
                left = inner;
                if (++column == columns)
                {
                    column = 0;
                    row++;
                }
            }
        }
    }
}

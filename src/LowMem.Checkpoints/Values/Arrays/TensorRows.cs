using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LowMem.Checkpoints.Values.Arrays;

/// <summary>
/// Reads a tensor row by row, from the first on, and holds no more than some of them. A tensor of one dimension comes value by
/// value, and one of no dimensions as its value.
/// </summary>
/// <param name="reader">Reads the tensor; it is not disposed of.</param>
/// <param name="view">The tensor, whose <see cref="Statistics.StatisticsScan.DescribeUnreadable"/> is null.</param>
public sealed class TensorRows(TensorDataReader reader, TensorView view)
{
    /// <summary>Who wants ten rows does not wait for a thousand.</summary>
    private const long FirstBytes = 64 << 10;

    private const long MostBytes = 4 << 20;

    private readonly long perBlock = view.Shape.Count switch { 0 => 1, 1 => view.Shape[0], _ => view.Shape[^2] };
    private readonly long rowBytes = Math.Max(1, view.Shape.Count == 0 || view.ElementCount == 0 ? 1 : view.ByteLength / Math.Max(1, CountRows(view)));
    private Array? block;
    private long blockStart;
    private long blockCount;
    private long bytes = FirstBytes;

    /// <summary>How many rows there are.</summary>
    public long Count { get; } = CountRows(view);

    /// <summary>The next row to read; it can be set to any from 0 to <see cref="Count"/>.</summary>
    public long Position
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Count);
            field = value;
        }
    }

    /// <summary>Reads the next rows.</summary>
    /// <param name="most">How many at most.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>Values, or a <see cref="TensorRow"/> each; none when all have been read.</returns>
    /// <exception cref="Diagnostics.CheckpointException">The values cannot be read.</exception>
    public IReadOnlyList<object> Read(int most, CancellationToken cancellationToken = default)
    {
        var rows = new List<object>((int)Math.Min(Math.Max(0, most), Math.Min(1024, Count - Position)));
        while (rows.Count < most && Position < Count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (block is null || Position < blockStart || Position >= blockStart + blockCount)
            {
                Fill(cancellationToken);
            }

            rows.Add(GetRow((int)(Position - blockStart)));
            Position++;
        }

        return rows;
    }

    private static long CountRows(TensorView view) => view.Shape.Count switch
    {
        0 => 1,
        1 => view.Shape[0],
        _ => view.Shape.SkipLast(1).Aggregate(1L, (product, length) => checked(product * length)),
    };

    /// <summary>Reads as many rows as follow each other in the last dimension but one.</summary>
    private void Fill(CancellationToken cancellationToken)
    {
        var part = view;
        blockStart = Position;
        blockCount = 1;
        if (view.Shape.Count > 0)
        {
            var outer = GetIndex(Position, view.Shape.Count - 1);
            long first = view.Shape.Count == 1 ? Position : outer[^1];
            for (int i = 0; i < view.Shape.Count - 2; i++)
            {
                part = part.Select(0, outer[i]);
            }

            blockCount = Math.Min(perBlock - first, Math.Max(1, bytes / rowBytes));
            part = part.Narrow(0, first, blockCount);
        }

        object read = TensorArray.Read(reader, part, progress: null, cancellationToken);
        block = read as Array ?? ToArray(read);
        bytes = Math.Min(MostBytes, bytes * 2);
    }

    private object GetRow(int index)
    {
        if (view.Shape.Count < 2)
        {
            return block!.Length == blockCount ? block.GetValue(index)! : Cut(block, index);
        }

        return new TensorRow(GetIndex(Position, view.Shape.Count - 1), Cut(block!, index));
    }

    private Array Cut(Array from, int index)
    {
        var type = from.GetType().GetElementType()!;
        int length = (int)(from.Length / blockCount);
        var row = Array.CreateInstance(type, length);
        int size = length * (type == typeof(Complex) ? Unsafe.SizeOf<Complex>() : Buffer.ByteLength(from) / Math.Max(1, from.Length));
        ref byte source = ref Unsafe.AddByteOffset(ref MemoryMarshal.GetArrayDataReference(from), (nint)((long)index * size));
        MemoryMarshal.CreateSpan(ref source, size).CopyTo(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(row), size));
        return row;
    }

    /// <summary>The index in each of the first dimensions.</summary>
    private long[] GetIndex(long row, int dimensions)
    {
        long[] index = new long[dimensions];
        for (int i = dimensions - 1; i >= 0; i--)
        {
            (row, index[i]) = Math.DivRem(row, view.Shape[i]);
        }

        return index;
    }

    private static Array ToArray(object value)
    {
        var array = Array.CreateInstance(value.GetType(), 1);
        array.SetValue(value, 0);
        return array;
    }
}

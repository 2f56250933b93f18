using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LowMem.Checkpoints.Values;

/// <summary>Copies strided elements in memory: by whole runs where there are any, else by tiles that stay in the cache.</summary>
internal static class StridedCopy
{
    /// <summary>A tile touches so many lines of the cache on each side.</summary>
    private const long TileLength = 16;

    private const long ShortRow = 16;

    /// <param name="source">Begins with the first element.</param>
    /// <param name="target">Begins where the first element is copied to.</param>
    /// <param name="dimensions">From the slowest in the target to the fastest.</param>
    /// <param name="elementSize">The bytes of one element: 1, 2, 4, 8 or 16.</param>
    public static void Run(ReadOnlySpan<byte> source, Span<byte> target, ReadOnlySpan<StridedDimension> dimensions, int elementSize)
    {
        switch (elementSize)
        {
            case 1:
                Run<byte>(source, target, dimensions);
                break;
            case 2:
                Run<ushort>(source, target, dimensions);
                break;
            case 4:
                Run<uint>(source, target, dimensions);
                break;
            case 8:
                Run<ulong>(source, target, dimensions);
                break;
            case 16:
                Run<UInt128>(source, target, dimensions);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(elementSize));
        }
    }

    private static void Run<T>(ReadOnlySpan<byte> sourceBytes, Span<byte> targetBytes, ReadOnlySpan<StridedDimension> dimensions)
        where T : unmanaged
    {
        var source = MemoryMarshal.Cast<byte, T>(sourceBytes);
        var target = MemoryMarshal.Cast<byte, T>(targetBytes);
        if (dimensions.IsEmpty)
        {
            target[0] = source[0];
            return;
        }

        var row = dimensions[^1];
        int column = FindColumn(dimensions);
        Span<StridedDimension> outer = new StridedDimension[dimensions.Length - 1];
        dimensions[..^1].CopyTo(outer);
        if (column >= 0)
        {
            outer[(column + 1)..].CopyTo(outer[column..]);
            outer = outer[..^1];
        }

        var walk = new StridedWalk(outer);
        do
        {
            var from = source[(int)walk.Source..];
            var to = target[(int)walk.Target..];
            if (column >= 0)
            {
                CopyTiles(from, to, row, dimensions[column]);
            }
            else
            {
                CopyRow(from, to, row);
            }
        }
        while (walk.MoveNext());
    }

    /// <summary>The dimension in which the source is denser than in the row, or whose rows are short; -1 when there is none.</summary>
    private static int FindColumn(ReadOnlySpan<StridedDimension> dimensions)
    {
        int column = -1;
        long least = dimensions[^1].Source;
        for (int i = 0; i < dimensions.Length - 1; i++)
        {
            if (dimensions[i].Source > 0 && dimensions[i].Source < least)
            {
                column = i;
                least = dimensions[i].Source;
            }
        }

        // Rows of a few elements are copied many at a time: going from one to the next costs as much as a row.
        return column < 0 && dimensions is [.., _, { Size: < ShortRow }] ? dimensions.Length - 2 : column;
    }

    private static void CopyRow<T>(ReadOnlySpan<T> source, Span<T> target, StridedDimension row)
    {
        int size = (int)row.Size;
        if (row is { Source: 1, Target: 1 })
        {
            source[..size].CopyTo(target);
        }
        else if (row is { Source: 0, Target: 1 })
        {
            target[..size].Fill(source[0]);
        }
        else
        {
            CopyLine(source, target, size, (int)row.Source, (int)row.Target);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyLine<T>(ReadOnlySpan<T> source, Span<T> target, int size, int from, int to)
    {
        for (int i = 0; i < size; i++)
        {
            target[i * to] = source[i * from];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyTiles<T>(ReadOnlySpan<T> source, Span<T> target, StridedDimension row, StridedDimension column)
    {
        // No step is negative: when the last element is inside, all are, and none needs to be looked at again.
        _ = source[checked((int)(((row.Size - 1) * row.Source) + ((column.Size - 1) * column.Source)))];
        _ = target[checked((int)(((row.Size - 1) * row.Target) + ((column.Size - 1) * column.Target)))];
        ref T from = ref MemoryMarshal.GetReference(source);
        ref T to = ref MemoryMarshal.GetReference(target);
        var (fromStep, toStep) = ((nint)row.Source, (nint)row.Target);
        for (long left = 0; left < row.Size; left += TileLength)
        {
            int width = (int)Math.Min(TileLength, row.Size - left);
            for (long top = 0; top < column.Size; top += TileLength)
            {
                long bottom = Math.Min(column.Size, top + TileLength);
                for (long i = top; i < bottom; i++)
                {
                    ref T read = ref Unsafe.Add(ref from, (nint)((left * row.Source) + (i * column.Source)));
                    ref T written = ref Unsafe.Add(ref to, (nint)((left * row.Target) + (i * column.Target)));
                    for (nint j = 0; j < width; j++)
                    {
                        Unsafe.Add(ref written, j * toStep) = Unsafe.Add(ref read, j * fromStep);
                    }
                }
            }
        }
    }
}

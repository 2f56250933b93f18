using System.Buffers;

namespace LowMem.Checkpoints.Values.Scaled;

/// <summary>Reads the numbers of a part of a tensor with scales as float32, from any place on. Keeps the scales in memory.</summary>
/// <param name="reader">Reads codes and scales.</param>
/// <param name="view">The part.</param>
public sealed class ScaledReader(TensorDataReader reader, ScaledView view)
{
    private ScaleTable? table;

    /// <summary>Reads numbers in row-major order.</summary>
    /// <param name="first">The first number; where two are in a byte, the first of a byte.</param>
    /// <param name="numbers">Filled whole.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="Diagnostics.CheckpointException">A file is gone, changed or shorter than it was.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the part.</exception>
    public void Read(long first, Span<float> numbers, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, view.ElementCount - numbers.Length);
        table ??= ScaleTable.Read(reader, view, cancellationToken);
        ArgumentOutOfRangeException.ThrowIfNotEqual(first % table.PerCode, 0, nameof(first));
        int count = (numbers.Length + table.PerCode - 1) / table.PerCode;
        int size = count * table.Type.ByteSize;
        byte[] codes = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            long place = first / table.PerCode;
            reader.Read(view.Codes, place * table.Type.ByteSize, codes.AsSpan(0, size), cancellationToken);
            if (numbers.Length == count * table.PerCode)
            {
                table.ToSingle(place, codes.AsSpan(0, size), numbers);
                return;
            }

            // One of the two numbers of the last byte is not wanted.
            float[] all = new float[count * table.PerCode];
            table.ToSingle(place, codes.AsSpan(0, size), all);
            all.AsSpan(0, numbers.Length).CopyTo(numbers);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(codes);
        }
    }
}

using System.Buffers;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;

namespace LowMem.Loader.Import.Planning;

/// <summary>Compares tensors of a checkpoint.</summary>
internal static class TensorEquality
{
    private const int BlockBytes = 1 << 20;

    /// <summary>Whether two tensors have the same type, shape and bytes; reads both unless they are the same view.</summary>
    /// <exception cref="CheckpointException">A file is gone, changed or shorter than it was.</exception>
    public static bool HaveEqualValues(
        TensorDataReader reader, TensorInfo left, TensorInfo right, CancellationToken cancellationToken)
    {
        if (TensorIdentity.OfView(left).Equals(TensorIdentity.OfView(right)))
        {
            return true;
        }

        if (left.DType != right.DType
            || left.IsConjugated != right.IsConjugated
            || left.IsNegated != right.IsNegated
            || !left.Shape.SequenceEqual(right.Shape))
        {
            return false;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(2 * BlockBytes);
        try
        {
            for (long offset = 0; offset < left.ByteLength; offset += BlockBytes)
            {
                var length = (int)Math.Min(BlockBytes, left.ByteLength - offset);
                var one = buffer.AsSpan(0, length);
                var other = buffer.AsSpan(BlockBytes, length);
                reader.Read(left, offset, one, cancellationToken);
                reader.Read(right, offset, other, cancellationToken);
                if (!one.SequenceEqual(other))
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

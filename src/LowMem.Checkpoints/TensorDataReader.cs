namespace LowMem.Checkpoints;

/// <summary>
/// Reads the values of tensors, block by block, in row-major order and little-endian, whatever their place and
/// strides in the file. Keeps the files open until disposed. Safe for several threads.
/// </summary>
public sealed class TensorDataReader : IDisposable
{
    /// <summary>Reads a part of the packed, row-major bytes of a tensor.</summary>
    /// <param name="tensor">A tensor whose <see cref="TensorInfo.UnreadableReason"/> is null.</param>
    /// <param name="byteOffset">Where to start, in bytes of the packed tensor; a multiple of the element size.</param>
    /// <param name="destination">Filled whole; its length is a multiple of the element size.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="CheckpointException">The file is gone, changed or shorter than it was.</exception>
    public void Read(TensorInfo tensor, long byteOffset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        throw new NotImplementedException();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

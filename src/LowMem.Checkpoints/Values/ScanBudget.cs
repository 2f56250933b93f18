using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Values;

/// <summary>
/// How many bytes of values are looked at. Tensors may share a storage, so that a small file can describe far more
/// values than it has bytes; the work stays in proportion to the file.
/// </summary>
internal sealed class ScanBudget(IReadOnlyList<CheckpointFile> files)
{
    private const long Least = 16 << 20;
    private const int PerByte = 16;

    private Int128 left = Least + files.Aggregate(Int128.Zero, (sum, file) => sum + ((Int128)file.Length * PerByte));

    /// <summary>
    /// Takes what it costs to put the values of a tensor together: the bytes of the values, or the bytes that are read for them
    /// if those are more.
    /// </summary>
    public bool TryTake(TensorInfo tensor)
    {
        // What is too much as it is need not be planned.
        if (tensor.ByteLength > left)
        {
            return false;
        }

        var bytes = Int128.Max(tensor.ByteLength, GatherJob.CountBytesRead(tensor));
        return TryTake(bytes);
    }

    /// <summary>Takes bytes; false, and nothing taken, when they are more than are left.</summary>
    public bool TryTake(Int128 bytes)
    {
        if (bytes > left)
        {
            return false;
        }

        left -= bytes;
        return true;
    }
}

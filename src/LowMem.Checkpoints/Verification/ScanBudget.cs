namespace LowMem.Checkpoints.Verification;

/// <summary>
/// How many bytes of values are looked at. Tensors may share a storage, so that a small file can describe far more
/// values than it has bytes; the work stays in proportion to the file.
/// </summary>
internal sealed class ScanBudget(IReadOnlyList<CheckpointFile> files)
{
    private const long Least = 16 << 20;
    private const int PerByte = 16;

    private Int128 left = Least + files.Aggregate(Int128.Zero, (sum, file) => sum + ((Int128)file.Length * PerByte));

    /// <summary>Takes what a tensor costs; false, and nothing taken, when it is more than is left.</summary>
    public bool TryTake(long bytes)
    {
        if (bytes > left)
        {
            return false;
        }

        left -= bytes;
        return true;
    }
}

using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Verification;

/// <summary>What all pieces of one scan share. Safe for several threads.</summary>
/// <param name="reader">Holds the files open.</param>
/// <param name="total">The bytes of all pieces.</param>
/// <param name="progress">Told how far it is, or null.</param>
/// <param name="cancellationToken">Ends the scan early.</param>
internal sealed class ScanContext(
    TensorDataReader reader, long total, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
{
    private long done;

    public TensorDataReader Reader => reader;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Says that a block has been dealt with. The place to notice a cancellation, too.</summary>
    public void BlockDone(long bytes)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long now = Interlocked.Add(ref done, bytes);
        progress?.Report(new VerificationProgress(now, total));
    }
}

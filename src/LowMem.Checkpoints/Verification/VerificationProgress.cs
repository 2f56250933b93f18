namespace LowMem.Checkpoints.Verification;

/// <summary>How far a verification or the making of a manifest has come.</summary>
/// <param name="BytesDone">The bytes looked at so far.</param>
/// <param name="BytesTotal">The bytes to look at; 0 while that is not known, or when there are none.</param>
public readonly record struct VerificationProgress(long BytesDone, long BytesTotal)
{
    internal static Action<long, long>? ToAction(IProgress<VerificationProgress>? progress) =>
        progress is null ? null : (done, total) => progress.Report(new VerificationProgress(done, total));
}

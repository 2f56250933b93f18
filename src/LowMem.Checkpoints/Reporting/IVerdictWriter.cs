using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Reporting;

/// <summary>Writes verdicts in one format.</summary>
internal interface IVerdictWriter : IDisposable
{
    void Add(CheckpointVerdict verdict);

    /// <summary>Writes the end. The stream stays open.</summary>
    void Complete();
}

using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification;

/// <summary>Something by which the content of a checkpoint is not what it should be.</summary>
/// <param name="Finding">What was found.</param>
/// <param name="Keys">The keys of the tensors at fault; null when it cannot be told which they are, so that it may be any.</param>
/// <param name="IsLoss">
/// True when something is not there or cannot be read; false when what is there could be taken for two things.
/// </param>
public sealed record ContentFault(CheckpointFinding Finding, IReadOnlyCollection<string>? Keys, bool IsLoss);

using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Loader.Skeletons.FromCheckpoint;

/// <summary>What was missing from a checkpoint, or could not be read, when something was made of the rest.</summary>
/// <param name="Faults">What is wrong with the checkpoint.</param>
/// <param name="MissingKeys">The keys that are not there because of that, without the prefix; empty when they are not known.</param>
public sealed record CheckpointLoss(IReadOnlyList<CheckpointFinding> Faults, IReadOnlyList<string> MissingKeys);

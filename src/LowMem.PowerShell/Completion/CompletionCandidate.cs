using LowMem.Checkpoints;

namespace LowMem.PowerShell.Completion;

/// <summary>What may be offered for an argument.</summary>
/// <param name="Name">The argument.</param>
/// <param name="Tensors">Tensors among which is the one of that name; null when it is the name of something else.</param>
/// <param name="Index">Which of them it is.</param>
public readonly record struct CompletionCandidate(string Name, IReadOnlyList<TensorInfo>? Tensors = null, int Index = 0);

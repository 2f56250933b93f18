using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>Makes tensors of the nodes that stand for one, and notes what is wrong with them.</summary>
internal sealed class TensorLister(TensorInfoFactory factory)
{
    public List<CheckpointFinding> Findings { get; } = [];

    public TensorInfoFactory Factory => factory;

    /// <summary>The tensor that a node stands for, unreadable when something is wrong with it; null when it is none.</summary>
    /// <param name="key">What it goes by.</param>
    /// <param name="node">The node.</param>
    public TensorInfo? TryCreate(string key, PickleNode node)
    {
        TensorDescription? description = null;
        try
        {
            description = TensorRebuilder.TryDescribe(node);
            return description is null ? null : factory.Create(key, description);
        }
        catch (TensorProblemException problem)
        {
            Findings.Add(new CheckpointFinding(FindingSeverity.Error, problem.Code, key, null, $"tensor '{DisplayText.Name(key)}': {problem.Message}"));
            return factory.CreateFaulty(key, description, problem.Message);
        }
    }

    /// <summary>Whether a node stands for a tensor, sound or not.</summary>
    public static bool IsTensor(PickleNode node)
    {
        try
        {
            return TensorRebuilder.TryDescribe(node) is not null;
        }
        catch (TensorProblemException)
        {
            return true;
        }
    }

    /// <summary>The tensor that a node stands for; null when it is none, or nothing can be made of it.</summary>
    public TensorInfo? TryCreateSound(PickleNode node)
    {
        try
        {
            return TensorRebuilder.TryDescribe(node) is { } description ? factory.Create(string.Empty, description) : null;
        }
        catch (TensorProblemException)
        {
            return null;
        }
    }
}

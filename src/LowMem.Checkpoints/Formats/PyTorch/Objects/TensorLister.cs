using System.Globalization;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>Makes tensors of the nodes that stand for one, and notes what is wrong with them.</summary>
/// <param name="factory">Makes the tensors.</param>
/// <param name="takesArrays">Whether arrays of numpy are tensors as well.</param>
internal sealed class TensorLister(TensorInfoFactory factory, bool takesArrays = false)
{
    private readonly Dictionary<PickleNode, TensorDescription?> arrays = new(ReferenceEqualityComparer.Instance);

    public List<CheckpointFinding> Findings { get; } = [];

    /// <summary>The tensor that a node stands for, unreadable when something is wrong with it; null when it is none.</summary>
    /// <param name="key">What it goes by.</param>
    /// <param name="node">The node.</param>
    public TensorInfo? TryCreate(string key, PickleNode node)
    {
        TensorDescription? description = null;
        try
        {
            description = Describe(node);
            return description is null ? null : factory.Create(key, description);
        }
        catch (TensorProblemException problem)
        {
            Findings.Add(new CheckpointFinding(FindingSeverity.Error, problem.Code, key, null, $"tensor '{DisplayText.Name(key)}': {problem.Message}"));
            return factory.CreateFaulty(key, description, problem.Message);
        }
    }

    /// <summary>Whether a node stands for a tensor, sound or not.</summary>
    public bool IsTensor(PickleNode node)
    {
        try
        {
            return Describe(node) is not null;
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
            return Describe(node) is { } description ? factory.Create(string.Empty, description) : null;
        }
        catch (TensorProblemException)
        {
            return null;
        }
    }

    private TensorDescription? Describe(PickleNode node) =>
        TensorRebuilder.TryDescribe(node) ?? (takesArrays && node is PickleObject made ? DescribeArray(made) : null);

    /// <summary>An array that several names stand for is one storage, of a name that no storage of PyTorch has.</summary>
    private TensorDescription? DescribeArray(PickleObject node)
    {
        if (!NumpyObjects.IsArray(node))
        {
            return null;
        }

        if (!arrays.TryGetValue(node, out var description))
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"numpy.{arrays.Count}");
            description = NumpyObjects.TryReadArray(node)?.ToDescription(key);
            arrays.Add(node, description);
        }

        return description;
    }
}

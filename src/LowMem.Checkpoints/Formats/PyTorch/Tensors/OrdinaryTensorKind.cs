using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>
/// All that an <see cref="OrdinaryTensorCall"/> says but the name of the storage and the place in it: element type, shape,
/// stride. A checkpoint has a hundred thousand tensors of a hundred kinds.
/// </summary>
/// <param name="rebuild">The function.</param>
/// <param name="nodes">What <see cref="OrdinaryTensorPattern"/> leaves open, as it was when the first of the kind was read.</param>
/// <param name="numbers">The numbers that it leaves open.</param>
internal sealed class OrdinaryTensorKind(PickleGlobal rebuild, PickleNode[] nodes, long[] numbers)
{
    public PickleGlobal Rebuild => rebuild;

    /// <summary>The call of a tensor of this kind as nodes.</summary>
    public PickleObject Build(long storage, long offset)
    {
        long[] all = [.. numbers];
        all[OrdinaryTensorPattern.Storage] = storage;
        all[OrdinaryTensorPattern.Offset] = offset;
        return OrdinaryTensorPattern.Opcodes.Build(rebuild, nodes, all);
    }

    /// <summary>Whether a call is of this kind.</summary>
    public bool Includes(PickleGlobal function, ReadOnlySpan<PickleNode> otherNodes, ReadOnlySpan<long> others)
    {
        if (function != rebuild || others.Length != numbers.Length || others[OrdinaryTensorPattern.Count] != numbers[OrdinaryTensorPattern.Count])
        {
            return false;
        }

        for (int i = 0; i < nodes.Length; i++)
        {
            if (nodes[i] != otherNodes[i])
            {
                return false;
            }
        }

        return others[(OrdinaryTensorPattern.Offset + 1)..].SequenceEqual(numbers.AsSpan(OrdinaryTensorPattern.Offset + 1));
    }
}

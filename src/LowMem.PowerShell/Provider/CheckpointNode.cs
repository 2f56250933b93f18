using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Exploring;
using TreeNode = LowMem.Checkpoints.Exploring.CheckpointNode;

namespace LowMem.PowerShell.Provider;

/// <summary>A module of a checkpoint that is a drive: what has something below it. Its figures are made when they are asked for.</summary>
public sealed class CheckpointNode
{
    private readonly TreeNode node;

    internal CheckpointNode(CheckpointListing listing, TreeNode node, PSDriveInfo? drive)
    {
        Drive = drive;
        this.node = node;
        Checkpoint = listing.Checkpoint.Path;
    }

    /// <summary>The last part of the key, as it is in the file; empty for the root.</summary>
    public string Name => node.Name;

    /// <summary>What the keys below begin with; empty for the root.</summary>
    public string Key => node.Key;

    /// <summary>How many tensors there are.</summary>
    public int TensorCount => node.TensorCount;

    /// <summary>How many values there are that are no tensors.</summary>
    public int ValueCount => node.ValueCount;

    /// <summary>The number of elements; what several tensors share counts once.</summary>
    public long ParameterCount => node.ParameterCount;

    /// <summary>
    /// The bytes of the storages that the tensors cover, and what no tensor of the checkpoint covers of these; what several share counts once.
    /// </summary>
    public long ByteLength => node.ByteLength;

    /// <summary>How many tensors there are of each element type.</summary>
    public IReadOnlyDictionary<string, long> DTypes => node.DTypes;

    /// <summary>The part of the checkpoint's bytes that lies here, from 0 to 1.</summary>
    public double Share => node.Share;

    /// <summary>The path of the checkpoint.</summary>
    public string Checkpoint { get; }

    internal PSDriveInfo? Drive { get; }

    /// <summary>The keys of the tensors.</summary>
    internal IEnumerable<string> GetKeys() => node.Tensors.Select(tensor => tensor.Key);

    /// <summary>The keys of the values.</summary>
    internal IEnumerable<string> GetValueKeys()
    {
        var open = new Stack<TreeNode>([node]);
        while (open.TryPop(out var each))
        {
            if (each.HasValue)
            {
                yield return each.Key;
            }

            foreach (var child in each.Children)
            {
                open.Push(child);
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => DisplayText.Name(Key);
}

using System.Runtime.InteropServices;

namespace LowMem.Checkpoints.Exploring;

/// <summary>
/// Numbers the nodes of a tree by what is in them: those of equal number have tensors of the same types, shapes and names below.
/// Values that are no tensors make no difference, and neither do nodes that have no tensor.
/// </summary>
internal sealed class NodeStructures
{
    private readonly Dictionary<CheckpointNode, int> numbers = [];
    private readonly Dictionary<string, int> names = new(StringComparer.Ordinal);
    private readonly Dictionary<int[], int> structures = new(PartsComparer.Instance);

    public NodeStructures(CheckpointTree tree)
    {
        // What is below a node is numbered before it. Not by recursion: a key is as deep as the file says.
        var open = new Stack<(CheckpointNode Node, bool IsReady)>([(tree.Root, false)]);
        while (open.TryPop(out var entry))
        {
            var (node, isReady) = entry;
            if (isReady)
            {
                numbers.Add(node, NumberOf(node));
                continue;
            }

            open.Push((node, true));
            foreach (var child in GetChildren(node))
            {
                open.Push((child, false));
            }
        }
    }

    /// <summary>The number of a node that has tensors.</summary>
    public int this[CheckpointNode node] => numbers[node];

    /// <summary>What is directly below and has tensors.</summary>
    public static IEnumerable<CheckpointNode> GetChildren(CheckpointNode node) => node.Children.Where(child => child.TensorCount > 0);

    private int NumberOf(CheckpointNode node)
    {
        var parts = new List<int>((2 * node.Children.Count) + 1)
        {
            node.Tensor is { } tensor ? IdOf($"{tensor.DType} {string.Join(',', tensor.Shape)}") : -1,
        };
        foreach (var child in GetChildren(node))
        {
            parts.Add(IdOf(child.Name));
            parts.Add(numbers[child]);
        }

        int next = structures.Count;
        ref int found = ref CollectionsMarshal.GetValueRefOrAddDefault(structures, [.. parts], out bool exists);
        return found = exists ? found : next;
    }

    private int IdOf(string name)
    {
        int next = names.Count;
        ref int found = ref CollectionsMarshal.GetValueRefOrAddDefault(names, name, out bool exists);
        return found = exists ? found : next;
    }

    private sealed class PartsComparer : IEqualityComparer<int[]>
    {
        public static PartsComparer Instance { get; } = new();

        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] parts)
        {
            var hash = default(HashCode);
            hash.AddBytes(MemoryMarshal.AsBytes(parts.AsSpan()));
            return hash.ToHashCode();
        }
    }
}

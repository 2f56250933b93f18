using LowMem.Checkpoints.Keys;

namespace LowMem.Checkpoints.Exploring;

/// <summary>Puts a <see cref="CheckpointTree"/> together.</summary>
internal sealed class CheckpointTreeBuilder
{
    private readonly CheckpointTree tree;
    private readonly CheckpointNode root;
    private readonly Dictionary<CheckpointNode, Dictionary<string, CheckpointNode>> below = [];
    private int tensorCount;

    public CheckpointTreeBuilder(CheckpointTree tree)
    {
        this.tree = tree;
        root = new CheckpointNode(tree, null, string.Empty);
    }

    public void Add(TensorInfo tensor)
    {
        // Keys of one checkpoint differ; should they not, the first one has the place.
        var node = GetNode(tensor.Key);
        tensorCount += node.Tensor is null ? 1 : 0;
        node.Tensor ??= tensor;
    }

    public void Add(string key, object? value) => GetNode(key).SetValue(value);

    /// <summary>Sorts what was added, and numbers the tensors so that those below a node follow each other.</summary>
    public (CheckpointNode Root, TensorInfo[] Tensors) Build()
    {
        var tensors = new TensorInfo[tensorCount];
        int count = 0;
        int values = 0;

        // Not by recursion: a name is as deep as the file says.
        var open = new Stack<(CheckpointNode Node, int First, int FirstValue)>();
        open.Push((root, -1, 0));
        while (open.TryPop(out var entry))
        {
            var (node, first, firstValue) = entry;
            if (first >= 0)
            {
                node.SetTensors(first, count - first);
                node.ValueCount = values - firstValue;
                continue;
            }

            open.Push((node, count, values));
            values += node.HasValue ? 1 : 0;
            if (node.Tensor is { } tensor)
            {
                tensors[count++] = tensor;
            }

            if (below.TryGetValue(node, out var found))
            {
                var children = found.Values.ToArray();
                Array.Sort(children, (x, y) => NaturalOrder.Instance.Compare(x.Name, y.Name));
                node.SetBelow(children);
                foreach (var child in children.Reverse())
                {
                    open.Push((child, -1, 0));
                }
            }
        }

        return (root, tensors);
    }

    private CheckpointNode GetNode(string key)
    {
        var node = root;
        foreach (string name in CheckpointTree.Split(key))
        {
            if (!below.TryGetValue(node, out var children))
            {
                below.Add(node, children = new Dictionary<string, CheckpointNode>(StringComparer.Ordinal));
            }

            if (!children.TryGetValue(name, out var child))
            {
                children.Add(name, child = new CheckpointNode(tree, node, name));
            }

            node = child;
        }

        return node;
    }
}

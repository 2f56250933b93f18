using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;

namespace LowMem.Checkpoints.Exploring;

/// <summary>
/// A place in a <see cref="CheckpointTree"/>: a module with what is below it, a tensor, or a value. It can be a module and a tensor at
/// once, when a key is the beginning of another one.
/// </summary>
public sealed class CheckpointNode
{
    private readonly CheckpointTree tree;
    private CheckpointNode[] children = [];
    private TensorFigures? figures;
    private int firstTensor;

    internal CheckpointNode(CheckpointTree tree, CheckpointNode? parent, string name)
    {
        this.tree = tree;
        Parent = parent;
        Name = name;
        Depth = parent is null ? 0 : parent.Depth + 1;
    }

    /// <summary>The last part of the key; as it is in the file, which is to be shown by <see cref="DisplayText"/> only.</summary>
    public string Name { get; }

    /// <summary>The names from the root down, joined by dots: the key of the tensor or value, or the beginning of those below.</summary>
    public string Key => Parent is null or { Parent: null } ? Name : string.Join('.', GetNames());

    /// <summary>The node above; null for the root.</summary>
    public CheckpointNode? Parent { get; }

    /// <summary>How many nodes are above.</summary>
    public int Depth { get; }

    /// <summary>What is directly below, in natural order.</summary>
    public IReadOnlyList<CheckpointNode> Children => children;

    /// <summary>Whether there is something below.</summary>
    public bool IsContainer => children.Length > 0 || Parent is null;

    /// <summary>The tensor that has this key; null when there is none.</summary>
    public TensorInfo? Tensor { get; internal set; }

    /// <summary>Whether a value that is no tensor has this key.</summary>
    public bool HasValue { get; private set; }

    /// <summary>That value.</summary>
    public object? Value { get; private set; }

    /// <summary>How many tensors there are here and below.</summary>
    public int TensorCount { get; private set; }

    /// <summary>How many values that are no tensors there are here and below.</summary>
    public int ValueCount { get; internal set; }

    /// <summary>The tensors here and below: in natural order, what is here first.</summary>
    public IReadOnlyList<TensorInfo> Tensors => tree.GetTensors(firstTensor, TensorCount);

    /// <summary>The number of elements of all tensors here and below; elements that several of them share count once.</summary>
    public long ParameterCount => Figures.ParameterCount;

    /// <summary>
    /// The bytes of the storages that the tensors here and below cover, and what no tensor of the checkpoint covers of these; what several share counts once.
    /// </summary>
    public long ByteLength => Figures.ByteLength;

    /// <summary>How many tensors there are of each element type.</summary>
    public IReadOnlyDictionary<string, long> DTypes => Figures.DTypes;

    /// <summary>
    /// The part of the checkpoint's bytes that lies here, from 0 to 1. Those of several nodes can come to more than 1 together when
    /// they share storages.
    /// </summary>
    public double Share => tree.Storages.GetShare(ByteLength);

    internal TensorFigures Figures => figures ??= TensorFigures.Of(tree.GetTensors(firstTensor, TensorCount), tree.Storages);

    /// <summary>The names from the root down to this one; none for the root.</summary>
    public IReadOnlyList<string> GetNames()
    {
        var names = new string[Depth];
        for (var node = this; node.Parent is not null; node = node.Parent)
        {
            names[node.Depth - 1] = node.Name;
        }

        return names;
    }

    /// <summary>Finds what is directly below by its name; null when there is nothing of that name.</summary>
    /// <param name="name">The name, exactly.</param>
    public CheckpointNode? FindChild(string name)
    {
        int low = 0;
        int high = children.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = NaturalOrder.Instance.Compare(children[middle].Name, name);
            if (order == 0)
            {
                return children[middle];
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{DisplayText.Name(Key)}: {TensorCount} tensors";

    internal void SetValue(object? value) => (HasValue, Value) = (true, value);

    internal void SetBelow(CheckpointNode[] below) => children = below;

    internal void SetTensors(int first, int count) => (firstTensor, TensorCount) = (first, count);
}

using LowMem.Checkpoints.Keys;

namespace LowMem.Checkpoints.Exploring;

/// <summary>
/// The tensors and values of a checkpoint as a tree: a key is split at its dots, so that <c>layers.0.weight</c> is <c>weight</c> in
/// <c>0</c> in <c>layers</c>. Nothing is read for it.
/// </summary>
public sealed class CheckpointTree
{
    /// <summary>How many names a key is split into at most: the last one then has dots in it. No model is so deep.</summary>
    public const int MaxDepth = 64;

    private readonly TensorInfo[] tensors;
    private readonly Lazy<StorageBytes> storages;

    /// <summary>Makes the tree.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    public CheckpointTree(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        Checkpoint = checkpoint;
        var builder = new CheckpointTreeBuilder(this);
        foreach (var tensor in checkpoint.Tensors)
        {
            builder.Add(tensor);
        }

        foreach (var (key, value) in checkpoint.Values)
        {
            builder.Add(key, value);
        }

        (Root, tensors) = builder.Build();
        storages = new Lazy<StorageBytes>(() => new StorageBytes(tensors));
    }

    /// <summary>What the tree is of.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The node above all others. Its name is empty, and it has no parent.</summary>
    public CheckpointNode Root { get; }

    /// <summary>How many bytes some of the tensors stand for.</summary>
    internal StorageBytes Storages => storages.Value;

    /// <summary>Splits a key into the names of the nodes from the root down; none of the root's own.</summary>
    /// <param name="key">The key; empty parts are names as well.</param>
    public static string[] Split(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Split('.', MaxDepth);
    }

    /// <summary>Finds the node of a key, or of the beginning of keys; null when there is none.</summary>
    /// <param name="key">The key. An empty one is that of the node whose name is empty, and not the root.</param>
    public CheckpointNode? Find(string key)
    {
        CheckpointNode? node = Root;
        foreach (string name in Split(key))
        {
            node = node?.FindChild(name);
        }

        return node;
    }

    internal ArraySegment<TensorInfo> GetTensors(int start, int count) => new(tensors, start, count);
}

namespace LowMem.Checkpoints.Exploring;

/// <summary>What a path in a <see cref="CheckpointTree"/> leads to: a module, a tensor, or a value, each of which a key can be at once.</summary>
/// <param name="Node">The node.</param>
/// <param name="Kind">As what the node is meant.</param>
/// <param name="Part">The last part of the path; empty for the root.</param>
/// <remarks>
/// A node that is more than one of the three is a module at its own path, and the tensor or value in it has a part that no name is
/// written as: <c>a/%tensor</c> is the tensor <c>a</c> where there is an <c>a.b</c> as well.
/// </remarks>
public sealed record CheckpointPlace(CheckpointNode Node, PlaceKind Kind, string Part)
{
    /// <summary>The part of a path of the tensor in a node that is more than a tensor.</summary>
    public const string TensorPart = "%tensor";

    /// <summary>The part of a path of the value in a node that is more than a value.</summary>
    public const string ValuePart = "%value";

    /// <summary>The root of a tree.</summary>
    /// <param name="tree">The tree.</param>
    public static CheckpointPlace Of(CheckpointTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        return new CheckpointPlace(tree.Root, PlaceKind.Module, string.Empty);
    }

    /// <summary>Finds what the parts of a path lead to; null when there is nothing.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="parts">The parts from the root down, escaped.</param>
    public static CheckpointPlace? Find(CheckpointTree tree, IEnumerable<string> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        CheckpointPlace? place = Of(tree);
        foreach (string part in parts)
        {
            place = place?.FindChild(part);
        }

        return place;
    }

    /// <summary>What is directly below by a part of a path; null when there is nothing.</summary>
    /// <param name="part">The part, escaped.</param>
    public CheckpointPlace? FindChild(string part)
    {
        ArgumentNullException.ThrowIfNull(part);
        if (Kind != PlaceKind.Module)
        {
            return null;
        }

        return part switch
        {
            TensorPart => Node.Tensor is null ? null : new CheckpointPlace(Node, PlaceKind.Tensor, TensorPart),
            ValuePart => Node.HasValue ? new CheckpointPlace(Node, PlaceKind.Value, ValuePart) : null,
            _ => EscapedName.Unescape(part) is { } name && Node.FindChild(name) is { } child ? AtOwnPath(child, EscapedName.Escape(name)) : null,
        };
    }

    /// <summary>What is directly below: the node's own tensor and value, then the others in natural order.</summary>
    public IEnumerable<CheckpointPlace> GetChildren()
    {
        if (Kind != PlaceKind.Module)
        {
            yield break;
        }

        if (Node.Tensor is not null)
        {
            yield return new CheckpointPlace(Node, PlaceKind.Tensor, TensorPart);
        }

        if (Node.HasValue)
        {
            yield return new CheckpointPlace(Node, PlaceKind.Value, ValuePart);
        }

        foreach (var child in Node.Children)
        {
            yield return AtOwnPath(child, EscapedName.Escape(child.Name));
        }
    }

    private static CheckpointPlace AtOwnPath(CheckpointNode node, string part) => new(
        node,
        node.IsContainer || (node.Tensor is not null && node.HasValue) ? PlaceKind.Module : node.Tensor is not null ? PlaceKind.Tensor : PlaceKind.Value,
        part);
}

using System.Globalization;

namespace LowMem.Checkpoints.Exploring;

/// <summary>The tree of a checkpoint as lines to show, from the top down: repeated blocks that are alike are one.</summary>
public sealed class TreeOutline
{
    /// <summary>A module of no more tensors, and of nothing else, is one line.</summary>
    private const int MostContents = 8;

    private readonly CheckpointTree tree;
    private readonly int maxDepth;
    private readonly NodeStructures? structures;

    private TreeOutline(CheckpointTree tree, int maxDepth, bool expand)
    {
        this.tree = tree;
        this.maxDepth = maxDepth;
        structures = expand ? null : new NodeStructures(tree);
    }

    /// <summary>Makes the lines.</summary>
    /// <param name="tree">The tree. What is no tensor has no line.</param>
    /// <param name="maxDepth">How many lines deep, below the first one.</param>
    /// <param name="expand">Whether each of the repeated blocks has lines of its own.</param>
    public static IEnumerable<CheckpointTreeLine> Of(CheckpointTree tree, int maxDepth = int.MaxValue, bool expand = false)
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentOutOfRangeException.ThrowIfNegative(maxDepth);
        return new TreeOutline(tree, maxDepth, expand).GetLines();
    }

    private IEnumerable<CheckpointTreeLine> GetLines()
    {
        string file = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(tree.Checkpoint.Path));
        var open = new Stack<Row>([new Row(new Block([tree.Root], file, null), 0, string.Empty)]);
        while (open.TryPop(out var row))
        {
            var below = GetBelow(row.Block);
            bool isContents = IsContents(row.Block, below);
            yield return Describe(row, below, isContents);
            if (isContents || row.Depth == maxDepth)
            {
                continue;
            }

            for (int i = below.Count - 1; i >= 0; i--)
            {
                open.Push(new Row(Join(below[i]), row.Depth + 1, row.Branches + (i < below.Count - 1 ? '|' : ' ')));
            }
        }
    }

    /// <summary>What is directly below, blocks that are alike put together.</summary>
    private List<Block> GetBelow(Block block)
    {
        // Nodes that are put together have the same below them.
        var children = new List<Block>();
        var numbers = new List<List<long>?>();
        var repeated = new Dictionary<int, int>();
        var lists = block.Nodes.ConvertAll(node => NodeStructures.GetChildren(node).ToArray());
        for (int i = 0; i < lists[0].Length; i++)
        {
            var child = lists[0][i];
            var alike = lists.Select(list => list[i]);
            long? number = structures is null ? null : FoldedKey.GetNumber(child.Name);
            if (number is { } other && repeated.TryGetValue(structures![child], out int place))
            {
                children[place].Nodes.AddRange(alike);
                numbers[place]!.Add(other);
                continue;
            }

            if (number is not null)
            {
                repeated.Add(structures![child], children.Count);
            }

            numbers.Add(number is { } first ? [first] : null);
            children.Add(new Block([.. alike], child.Name, Append(block.Pattern, FoldedKey.Escape(child.Name))));
        }

        for (int i = 0; i < children.Count; i++)
        {
            if (numbers[i] is { Count: > 1 } several)
            {
                children[i] = children[i] with { Name = $"[{NumberRanges.Of(several)}]", Pattern = Append(block.Pattern, FoldedKey.Star) };
            }
        }

        return children;
    }

    /// <summary>A module that has one thing below, and no tensor itself, is one line with that.</summary>
    private Block Join(Block block)
    {
        while (block.Nodes[0].Tensor is null && GetBelow(block) is [var only])
        {
            block = only with { Name = $"{block.Name}.{only.Name}" };
        }

        return block;
    }

    private static bool IsContents(Block block, List<Block> below) =>
        block.Nodes[0] is { Parent: not null, Tensor: null }
        && below.Count is > 1 and <= MostContents
        && below.TrueForAll(child => child.Nodes[0].Children.Count == 0 && child.Nodes.Count == block.Nodes.Count);

    private CheckpointTreeLine Describe(Row row, List<Block> below, bool isContents)
    {
        var (nodes, name, pattern) = row.Block;
        var figures = nodes.Count == 1 ? nodes[0].Figures : TensorFigures.Of([.. nodes.SelectMany(node => node.Tensors)], tree.Storages);
        var first = nodes[0];
        return new CheckpointTreeLine
        {
            Name = name,
            Depth = row.Depth,
            Count = nodes.Count,
            Pattern = below.Count == 0 ? pattern ?? FoldedKey.Star : first.Tensor is null ? Append(pattern, FoldedKey.Star) : pattern + FoldedKey.Star,
            TensorCount = nodes.Sum(node => node.TensorCount),
            ParameterCount = figures.ParameterCount,
            ByteLength = figures.ByteLength,
            Share = tree.Storages.GetShare(figures.ByteLength),
            DTypes = figures.DTypes,
            Shape = below.Count == 0 ? first.Tensor?.Shape : null,
            Contents = isContents ? string.Join(", ", below.Select(child => $"{child.Name} {ShapeText(child.Nodes[0].Tensor!)}")) : null,
            Branches = row.Branches,
            Checkpoint = tree.Checkpoint.Path,
        };
    }

    private static string ShapeText(TensorInfo tensor) => string.Create(CultureInfo.InvariantCulture, $"[{string.Join(", ", tensor.Shape)}]");

    private static string Append(string? pattern, string name) => pattern is null ? name : $"{pattern}.{name}";

    /// <param name="Nodes">Nodes that have the same below them.</param>
    /// <param name="Name">What they are shown by.</param>
    /// <param name="Pattern">A wildcard of their keys; null for the root.</param>
    private sealed record Block(List<CheckpointNode> Nodes, string Name, string? Pattern);

    private sealed record Row(Block Block, int Depth, string Branches);
}

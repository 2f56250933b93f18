using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>
/// Turns the nodes of a description into records. What is shared in the pickle is shared here: a node of many items can
/// be referred to any number of times in a few bytes.
/// </summary>
/// <param name="maxPieces">How many pieces all tensors together may have.</param>
internal sealed class DistributedNodes(long maxPieces)
{
    /// <summary>Far more than PyTorch takes.</summary>
    private const int MaxDimensions = 256;

    private readonly Dictionary<IReadOnlyList<PickleNode>, long[]?> sizes = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<PickleNode, ChunkBox?> boxes = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<PickleNode, (DistributedTensor? Tensor, string? Problem)> tensors = new(ReferenceEqualityComparer.Instance);

    private long piecesLeft = maxPieces;

    /// <summary>Whether more pieces were named than there may be; what was read since then is not to be used.</summary>
    public bool HasTooManyPieces => piecesLeft < 0;

    public static PickleMapping? Attributes(PickleNode node) =>
        node is PickleObject made && PythonValues.AsAttributes(made.State) is var (attributes, slots) ? attributes ?? slots : null;

    /// <summary>The description under a name: a tensor, something else, or nonsense.</summary>
    public DistributedEntry ReadEntry(string key, PickleNode value)
    {
        if (value is PickleObject { CallableName: { } name } && name.EndsWith(".BytesStorageMetadata", StringComparison.Ordinal))
        {
            piecesLeft--;
            return new DistributedEntry(key, null);
        }

        if (!tensors.TryGetValue(value, out var known))
        {
            known = ReadTensor(value);
            tensors.Add(value, known);
        }

        piecesLeft -= known.Tensor?.Chunks.Count ?? 1;
        return new DistributedEntry(key, known.Tensor, known.Problem);
    }

    /// <summary>A torch.Size, tuple or list of numbers from 0 up; null when it is none.</summary>
    public long[]? Sizes(PickleNode node)
    {
        if (PythonValues.AsSequence(node) is not { Count: <= MaxDimensions } items)
        {
            return null;
        }

        if (!sizes.TryGetValue(items, out long[]? known))
        {
            known = items.All(item => item is PickleScalar { Value: long and >= 0 })
                ? [.. items.Select(item => (long)((PickleScalar)item).Value!)]
                : null;
            sizes.Add(items, known);
        }

        return known;
    }

    private (DistributedTensor? Tensor, string? Problem) ReadTensor(PickleNode value)
    {
        if (Attributes(value) is not { } state
            || state.Find("size") is not { } size
            || Sizes(size) is not { } shape
            || state.Find("properties") is not { } properties
            || ReadProperties(properties) is not var (type, requiresGrad)
            || state.Find("chunks") is not { } list
            || PythonValues.AsSequence(list) is not { } items)
        {
            return (null, $"its description makes no sense: {PythonText.Describe(value)}");
        }

        if (items.Count > piecesLeft)
        {
            piecesLeft = -1;
            return (null, "it has too many pieces");
        }

        var chunks = new List<ChunkBox>();
        foreach (var item in items)
        {
            if (!boxes.TryGetValue(item, out var box))
            {
                box = ReadBox(item);
                boxes.Add(item, box);
            }

            if (box is null || box.Offsets.Length != shape.Length || box.Sizes.Length != shape.Length)
            {
                return (null, $"a piece of it is described as {PythonText.Describe(item)}");
            }

            chunks.Add(box);
        }

        return (new DistributedTensor(type, requiresGrad, shape, chunks), null);
    }

    private ChunkBox? ReadBox(PickleNode node) =>
        Attributes(node) is { } state
        && state.Find("offsets") is { } offsetNode
        && Sizes(offsetNode) is { } offsets
        && state.Find("sizes") is { } sizeNode
        && Sizes(sizeNode) is { } lengths
            ? new ChunkBox(offsets, lengths)
            : null;

    /// <summary>The state is (dtype, layout, requires_grad, memory format, pin_memory).</summary>
    private static (DType Type, bool RequiresGrad)? ReadProperties(PickleNode node) => node switch
    {
        PickleObject { State: PickleSequence { Count: >= 3 } state } when RebuildArguments.TypeOf(state[0]) is { } type =>
            (type, state[2] is PickleScalar { Value: true }),
        PickleObject { State: PickleMapping state } when state.Find("dtype") is { } dtype && RebuildArguments.TypeOf(dtype) is { } type =>
            (type, state.Find("requires_grad") is PickleScalar { Value: true }),
        _ => null,
    };
}

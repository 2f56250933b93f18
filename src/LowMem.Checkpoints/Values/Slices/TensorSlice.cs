using System.Diagnostics.CodeAnalysis;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values.Slices;

/// <summary>
/// A part of tensors in Python's notation, such as <c>0:10, :, -1</c>: an index takes its dimension away, and counts from the
/// end when it is negative; <c>start:stop:step</c> is a range, and <c>...</c> stands for the dimensions that are left.
/// </summary>
public sealed class TensorSlice
{
    private readonly IReadOnlyList<SliceItem> items;

    private TensorSlice(string text, IReadOnlyList<SliceItem> items)
    {
        Text = text;
        this.items = items;
    }

    /// <summary>The slice as it was written.</summary>
    public string Text { get; }

    /// <summary>Reads a slice.</summary>
    /// <param name="text">The slice, with or without brackets around it.</param>
    /// <param name="slice">The slice; null when something is wrong.</param>
    /// <param name="problem">What is wrong, and where; null when nothing is.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out TensorSlice? slice, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        slice = SliceParser.TryParse(text, out problem) is { } items ? new TensorSlice(text, items) : null;
        problem = slice is null ? problem ?? string.Empty : null;
        return slice is not null;
    }

    /// <summary>The part of a tensor, which is not read.</summary>
    /// <param name="view">The tensor, or a part of it.</param>
    /// <exception cref="CheckpointException">The tensor has no such part, or only the whole of it is read.</exception>
    public TensorView Apply(TensorView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        int dimensions = view.Shape.Count;
        int named = items.Count(item => item.Kind != SliceItemKind.Ellipsis);
        if (named > dimensions)
        {
            throw Invalid(view, $"it is for {named} dimensions, and the tensor has {dimensions}");
        }

        // Where a dimension is in the part, and in the tensor.
        int place = 0;
        int dimension = 0;
        foreach (var item in items)
        {
            switch (item.Kind)
            {
                case SliceItemKind.Ellipsis:
                    place += dimensions - named;
                    dimension += dimensions - named;
                    continue;
                case SliceItemKind.Index:
                    view = Select(view, place, dimension, item.Start!.Value);
                    break;
                default:
                    view = Narrow(view, place, item);
                    place++;
                    break;
            }

            dimension++;
        }

        return view;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private TensorView Select(TensorView view, int place, int dimension, long index)
    {
        long size = view.Shape[place];
        if (index >= size || index < -size)
        {
            string range = size == 0 ? "which has no index" : $"which has indices from {-size} to {size - 1}";
            throw Invalid(view, $"index {index} is not in dimension {dimension}, {range}");
        }

        return view.Select(place, index < 0 ? index + size : index);
    }

    /// <summary>What lies beyond the ends is left out, as in Python.</summary>
    private static TensorView Narrow(TensorView view, int place, SliceItem item)
    {
        long size = view.Shape[place];
        long start = Clamp(item.Start ?? 0, size);
        long stop = Clamp(item.Stop ?? size, size);
        long length = stop <= start ? 0 : ((stop - start - 1) / item.Step) + 1;
        return start == 0 && length == size && (item.Step == 1 || size <= 1) ? view : view.Narrow(place, start, length, item.Step);
    }

    private static long Clamp(long index, long size) => Math.Clamp(index < 0 ? index + size : index, 0, size);

    private CheckpointException Invalid(TensorView view, string problem) => new(
        CheckpointErrorIds.SliceInvalid,
        view.Tensor.Path,
        $"'{DisplayText.Name(view.Tensor.Key)}' of shape [{string.Join(", ", view.Tensor.Shape)}] has no slice '{DisplayText.Name(Text)}': {problem}.")
    {
        Record = view.Tensor.Key,
    };
}


using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.TorchSharp;

/// <summary>Lists a file that TorchSharp saved; see <see cref="TorchSharpLayout"/> and <see cref="OptimizerLayout"/>.</summary>
internal static class TorchSharpReader
{
    /// <summary>
    /// Null when the file is none of TorchSharp's. Nothing in the file says that it is, so that it is taken for one
    /// only when everything in it adds up to its length, or would but for a missing end.
    /// </summary>
    public static Checkpoint? TryRead(RandomAccessSource file, string checkpoint, CancellationToken cancellationToken)
    {
        if (OptimizerLayout.Read(file, cancellationToken) is { } optimizer and ({ IsWhole: true } or { IsCut: true }))
        {
            return optimizer.IsWhole
                ? Describe(file, checkpoint, optimizer)
                : throw Truncated(file, $"at least {Math.Max(optimizer.End, file.Length + 1)}", $"the {optimizer.Name} optimizer");
        }

        var layout = TorchSharpLayout.Read(file, cancellationToken);
        if (layout.IsWhole)
        {
            return new Checkpoint
            {
                Path = checkpoint,
                Format = CheckpointFormats.TorchSharp,
                Tensors = [.. layout.Entries.Select(entry => Describe(file, checkpoint, entry))],
                Files = [file.Version],
            };
        }

        if (layout.IsCut)
        {
            string total = layout.Entries.Count == layout.Count ? $"{layout.End}" : $"at least {Math.Max(layout.End, file.Length + 1)}";
            throw Truncated(file, total, $"{layout.Count} tensors");
        }

        return null;
    }

    /// <summary>Whether everything in a file adds up as TorchSharp would have written it.</summary>
    public static bool IsWhole(RandomAccessSource file) =>
        OptimizerLayout.Read(file, CancellationToken.None) is { IsWhole: true }
        || TorchSharpLayout.Read(file, CancellationToken.None).IsWhole;

    private static Checkpoint Describe(RandomAccessSource file, string checkpoint, OptimizerLayout optimizer) => new()
    {
        Path = checkpoint,
        Format = CheckpointFormats.TorchSharp,
        Tensors = [.. optimizer.Tensors.Select(entry => Describe(file, checkpoint, entry))],
        Values = optimizer.Values,
        Metadata = new OrderedDictionary<string, string> { ["optimizer"] = optimizer.Name },
        Files = [file.Version],
    };

    private static CheckpointException Truncated(RandomAccessSource file, string total, string what) => new(
        CheckpointErrorIds.Truncated,
        file.Name,
        $"truncated: {file.Length} of {total} bytes of a TorchSharp file with {what}. Get the file again.")
    {
        Offset = file.Length,
    };

    private static TensorInfo Describe(RandomAccessSource file, string checkpoint, TorchSharpEntry entry) => new()
    {
        Key = entry.Key,
        DType = entry.Type.Name,
        Shape = entry.Shape,
        Stride = StridedLayout.ContiguousStrides(entry.Shape),
        ElementCount = StridedLayout.CountElements(entry.Shape),
        ByteLength = entry.Length,
        Offset = file.Origin + entry.Offset,
        StorageKey = entry.Key,
        IsContiguous = true,
        Path = file.Name,
        Checkpoint = checkpoint,
        Format = CheckpointFormats.TorchSharp,
        Storage = new StorageExtent(file.Origin + entry.Offset, entry.Length),
    };
}

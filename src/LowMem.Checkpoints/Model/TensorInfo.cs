using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints;

/// <summary>
/// One tensor of a checkpoint: its name, type, shape and the place of its bytes. Nothing of its data has been read.
/// </summary>
/// <remarks>Every place and extent here has been checked against the storage and the file.</remarks>
public record TensorInfo
{
    /// <summary>What all tensors have that are made of no others.</summary>
    internal static readonly System.Collections.ObjectModel.ReadOnlyDictionary<string, TensorInfo> NoComponents =
        System.Collections.ObjectModel.ReadOnlyDictionary<string, TensorInfo>.Empty;

    /// <summary>The full name; keys of nested containers are joined by dots, list items by index.</summary>
    public required string Key { get; init; }

    /// <summary>PyTorch's name of the element type, such as <c>float32</c> or <c>bfloat16</c>; see <see cref="Checkpoints.DType"/>.</summary>
    public required string DType { get; init; }

    /// <summary>The size of each dimension, in elements; empty for a zero-dim tensor.</summary>
    public required long[] Shape { get; init; }

    /// <summary>The step of each dimension, in elements of the storage.</summary>
    public required long[] Stride { get; init; }

    /// <summary>The number of elements: the product of <see cref="Shape"/>.</summary>
    public required long ElementCount { get; init; }

    /// <summary>The bytes that the elements take when packed.</summary>
    public required long ByteLength { get; init; }

    /// <summary>
    /// Where the first element is, in bytes from the start of <see cref="Path"/>, or -1 when the bytes cannot be
    /// addressed (compressed, or not there).
    /// </summary>
    public required long Offset { get; init; }

    /// <summary>
    /// The name of the storage; tensors with the same key in the same file share their bytes. Null when the tensor
    /// has no single storage.
    /// </summary>
    public string? StorageKey { get; init; }

    /// <summary>True when the elements lie in row-major order without gaps.</summary>
    public required bool IsContiguous { get; init; }

    /// <summary>Whether the tensor was saved as one that wants a gradient.</summary>
    public bool RequiresGrad { get; init; }

    /// <summary>The file that holds the bytes (a shard, when the checkpoint is sharded).</summary>
    public required string Path { get; init; }

    /// <summary>The path that was asked for.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The format of the file that holds the bytes, one of <see cref="CheckpointFormats"/>.</summary>
    public required string Format { get; init; }

    /// <summary>
    /// PyTorch's name of the memory layout: <c>strided</c> for every dense tensor, else <c>sparse_coo</c>,
    /// <c>sparse_csr</c>, ... .
    /// </summary>
    public string Layout { get; init; } = TensorLayouts.Strided;

    /// <summary>True when PyTorch's conjugate bit is set: the values are the conjugates of the stored bytes.</summary>
    public bool IsConjugated { get; init; }

    /// <summary>True when PyTorch's negative bit is set: the values are the negatives of the stored bytes.</summary>
    public bool IsNegated { get; init; }

    /// <summary>
    /// True when PyTorch's <c>state_dict()</c> would leave the tensor out: it is a mere attribute of a pickled module or of
    /// another tensor, a key of a dict, or a constant of TorchScript. Modules are not loaded from such tensors.
    /// </summary>
    public bool IsAttribute { get; init; }

    /// <summary>What the stored integers of a quantised tensor stand for; null for every other tensor.</summary>
    public TensorQuantization? Quantization { get; init; }

    /// <summary>
    /// The dense tensors that this one is made of, by PyTorch's name for each: <c>indices</c> and <c>values</c> of a
    /// sparse tensor, <c>scales</c> and <c>zero_points</c> of one quantised by channel, the parts of a wrapper. Empty for
    /// a dense tensor. Each can be read like any other.
    /// </summary>
    public IReadOnlyDictionary<string, TensorInfo> Components { get; init; } = NoComponents;

    /// <summary>Why the values cannot be read (a sparse layout, no storage, compressed...), or null when they can.</summary>
    public string? UnreadableReason { get; init; }

    /// <summary>One line for a log, harmless whatever the key is: <c>key: float32 [10, 2]</c>.</summary>
    public override string ToString() => $"{DisplayText.Name(Key)}: {DType} [{string.Join(", ", Shape)}]";

    /// <summary>The extent of the storage the tensor lies in, or null when it has none.</summary>
    internal StorageExtent? Storage { get; init; }

    /// <summary>Where the first element is, in bytes from the start of the storage.</summary>
    internal long StorageStart { get; init; }

    /// <summary>The pieces that the values are put together from, or null when they lie in one storage.</summary>
    internal IReadOnlyList<TensorChunk>? Chunks { get; init; }

    /// <summary>
    /// The shape of the tensor that this one is a slice of, in one shard of a model; null for a tensor as it is listed. Only what the
    /// slice needs is read of its storage, and it is copied where it does not lie there in one piece.
    /// </summary>
    internal long[]? WholeShape { get; init; }

    /// <summary>The shape of the tensor that this one is a slice of, in one shard of a model; null for a tensor as it is listed.</summary>
    public IReadOnlyList<long>? GetWholeShape() => WholeShape;

    /// <summary>
    /// The files that hold the values: <see cref="Path"/>, and more where a distributed checkpoint keeps the tensor in pieces.
    /// </summary>
    public IEnumerable<string> GetPaths() =>
        Chunks is null ? [Path] : Chunks.Select(chunk => chunk.Source.Path).Prepend(Path).Distinct(StringComparer.Ordinal);

    /// <summary>The tensor itself, its components, and what those are made of.</summary>
    internal IEnumerable<TensorInfo> GetParts()
    {
        if (Components.Count == 0)
        {
            return [this];
        }

        // Readers put components no deeper than a few levels.
        return Components.Values.SelectMany(component => component.GetParts()).Prepend(this);
    }

    /// <summary>
    /// Where the storage starts in <see cref="Path"/>, in bytes; -1 when its bytes cannot be addressed.
    /// </summary>
    public long GetStorageOffset() => Storage?.Offset ?? -1;

    /// <summary>Whether the file keeps the most significant byte of each element first.</summary>
    public bool IsStoredBigEndian() => Storage?.IsBigEndian ?? false;

    /// <summary>How many bytes the storage has; 0 when there is none.</summary>
    public long GetStorageByteLength() => Storage?.ByteLength ?? 0;
}

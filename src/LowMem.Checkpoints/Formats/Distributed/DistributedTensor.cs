namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>What is said about a tensor: <c>TensorStorageMetadata</c>.</summary>
/// <param name="Type">The element type.</param>
/// <param name="RequiresGrad">Whether it wants a gradient.</param>
/// <param name="Shape">The shape of the whole.</param>
/// <param name="Chunks">Its pieces.</param>
internal sealed record DistributedTensor(DType Type, bool RequiresGrad, long[] Shape, IReadOnlyList<ChunkBox> Chunks);

namespace LowMem.Checkpoints;

/// <summary>A rectangular piece of a tensor that is kept as a tensor of its own.</summary>
/// <param name="Offsets">Where it starts in the whole, in elements, for each dimension.</param>
/// <param name="Source">The piece; its shape is that of the rectangle.</param>
internal sealed record TensorChunk(long[] Offsets, TensorInfo Source);

namespace LowMem.Checkpoints.Pickle;

/// <summary>One entry of <see cref="PackedTensorRows"/>.</summary>
/// <param name="Template">All that other tensors have, too.</param>
/// <param name="Storage">The name of the storage, a number.</param>
/// <param name="Offset">Where the first element is, in elements of the storage.</param>
/// <param name="KeyEnd">Where the key ends among those of all rows; it starts where the one before ends.</param>
internal readonly record struct PackedTensorRow(PackedTensorTemplate Template, long Storage, long Offset, int KeyEnd);

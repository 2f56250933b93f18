namespace LowMem.Checkpoints.Values;

/// <summary>A dimension of a part of a tensor.</summary>
/// <param name="Source">Which dimension of the tensor it is.</param>
/// <param name="Step">How many indices of the tensor it goes on by.</param>
internal readonly record struct ViewDimension(int Source, long Step);

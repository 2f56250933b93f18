namespace LowMem.Checkpoints.Verification;

/// <summary>A tensor of a checkpoint as it was when its manifest was made.</summary>
/// <param name="Key">Its key.</param>
/// <param name="DType">PyTorch's name of the element type.</param>
/// <param name="Shape">The size of each dimension, in elements.</param>
/// <param name="Sha256">
/// The SHA-256 of its values, packed in row-major order and little-endian, in 64 lower-case hexadecimal digits; null when
/// the values cannot be read, or are far more than the file has bytes.
/// </param>
public sealed record ManifestTensor(string Key, string DType, IReadOnlyList<long> Shape, string? Sha256);

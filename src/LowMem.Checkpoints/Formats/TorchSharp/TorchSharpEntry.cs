namespace LowMem.Checkpoints.Formats.TorchSharp;

/// <summary>One tensor of a TorchSharp file.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Type">The element type.</param>
/// <param name="Shape">The size of each dimension.</param>
/// <param name="Offset">Where its elements start in the file.</param>
/// <param name="Length">The bytes they take.</param>
internal sealed record TorchSharpEntry(string Key, DType Type, long[] Shape, long Offset, long Length);

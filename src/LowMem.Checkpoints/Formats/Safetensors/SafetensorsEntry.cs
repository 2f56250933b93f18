namespace LowMem.Checkpoints.Formats.Safetensors;

/// <summary>One tensor of a safetensors header.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">The size of each dimension.</param>
/// <param name="Begin">Where its bytes begin, from the end of the header.</param>
/// <param name="End">Where they end.</param>
internal sealed record SafetensorsEntry(string Key, DType Type, long[] Shape, long Begin, long End);

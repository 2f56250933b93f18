using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Loader.Estimates;

/// <summary>The tensor that takes the most memory.</summary>
/// <param name="Key">Its key in the checkpoint.</param>
/// <param name="ByteLength">The bytes it takes in the module.</param>
public sealed record LargestTensor(string Key, long ByteLength)
{
    /// <inheritdoc/>
    public override string ToString() => $"{DisplayText.Name(Key)} ({ByteLength} bytes)";
}

namespace LowMem.Loader.Estimates;

/// <summary>The tensor that takes the most memory.</summary>
/// <param name="Key">Its key in the checkpoint.</param>
/// <param name="ByteLength">The bytes it takes in the module.</param>
public sealed record LargestTensor(string Key, long ByteLength)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Key} ({ByteLength} bytes)";
}

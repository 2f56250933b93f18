using LowMem.Checkpoints;

namespace LowMem.Loader.Memory;

/// <summary>What tensors in files have to be like to be used where they are.</summary>
internal static class FileTensors
{
    /// <summary>
    /// Whether libtorch can use the values of a tensor in the mapped file: they are at a known, aligned place, in the byte
    /// order of this machine, and with nothing left to be done to them.
    /// </summary>
    public static bool AreUsable(TensorInfo tensor)
    {
        var elementSize = DType.Get(tensor.DType).ByteSize;
        return tensor.ElementCount > 0
            && elementSize > 0
            && tensor.Offset >= 0
            && tensor.GetStorageOffset() >= 0
            && tensor.Offset % elementSize == 0
            && tensor.GetStorageOffset() % elementSize == 0
            && BitConverter.IsLittleEndian != tensor.IsStoredBigEndian()
            && tensor is { IsConjugated: false, IsNegated: false };
    }
}

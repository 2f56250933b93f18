using LowMem.Checkpoints;

namespace LowMem.Loader.Import.Planning;

/// <summary>Tells whether the bytes of a tensor can be used where they are. Knows nothing of libtorch, and needs none.</summary>
internal static class InPlaceUse
{
    /// <summary>
    /// Whether libtorch can use the values of a tensor in the mapped file: they are at a known, aligned place, in the byte
    /// order of this machine, and with nothing left to be done to them.
    /// </summary>
    public static bool IsPossible(TensorInfo tensor)
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

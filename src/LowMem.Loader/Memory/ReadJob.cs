using LowMem.Checkpoints;
using static TorchSharp.torch;

namespace LowMem.Loader.Memory;

/// <summary>A tensor of a checkpoint and the memory its values go to.</summary>
/// <param name="Source">What to read.</param>
/// <param name="SourceType">Its element type, as libtorch calls it.</param>
/// <param name="Destination">
/// A contiguous CPU tensor with as many elements; of another type when the values are to be cast.
/// </param>
internal sealed record ReadJob(TensorInfo Source, ScalarType SourceType, Tensor Destination)
{
    /// <summary>Whether the values change their type on the way.</summary>
    public bool IsCast => Destination.dtype != SourceType;

    /// <summary>The bytes of one element in the file.</summary>
    public int ElementSize => DType.Get(Source.DType).ByteSize;
}

using LowMem.Checkpoints.Values;
using static TorchSharp.torch;

namespace LowMem.Loader.Import.Planning;

/// <summary>Gives elements that were read in the order of the file the shape and strides of their tensor again.</summary>
internal static class StorageOrder
{
    /// <param name="source">The tensor, as it was read.</param>
    /// <param name="elements">A contiguous tensor of the shape of <see cref="DistinctElements.Tensor"/>.</param>
    /// <param name="shape">The shape of the tensor.</param>
    public static Tensor Restore(DistinctElements source, Tensor elements, long[] shape)
    {
        if (source.Dimensions is not { } dimensions)
        {
            return elements.alias();
        }

        var inverse = new long[dimensions.Count];
        for (var i = 0; i < dimensions.Count; i++)
        {
            inverse[dimensions[i]] = i;
        }

        using var permuted = elements.permute(inverse);
        return permuted.expand(shape);
    }
}

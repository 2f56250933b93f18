using LowMem.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Memory;

/// <summary>
/// PyTorch saves the result of <c>conj()</c>, and the imaginary part of one, as the untouched bytes and a bit that says
/// what is still to be done to them.
/// </summary>
internal static class PendingBits
{
    /// <summary>Whether anything is to be done.</summary>
    public static bool Has(TensorInfo tensor) => tensor.IsConjugated || tensor.IsNegated;

    /// <summary>Does it, in place.</summary>
    /// <param name="values">Elements as they stand in the file, in the type of the file.</param>
    /// <param name="tensor">What the file says of them.</param>
    public static void Resolve(Tensor values, TensorInfo tensor)
    {
        if (tensor.IsConjugated && DType.Get(tensor.DType).Kind == DTypeKind.Complex)
        {
            using var pairs = view_as_real(values);
            using var imaginary = pairs.select(-1, 1);
            imaginary.neg_();
        }

        if (tensor.IsNegated)
        {
            values.neg_();
        }
    }
}

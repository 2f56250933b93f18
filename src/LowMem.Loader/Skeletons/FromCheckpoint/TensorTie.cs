using LowMem.Checkpoints;

namespace LowMem.Loader.Skeletons.FromCheckpoint;

/// <summary>What makes two keys of a checkpoint one tensor of a module: the same elements, both learned or both not.</summary>
/// <remarks>Knows nothing of libtorch: who measures memory needs to know which keys are one tensor, too.</remarks>
/// <param name="Identity">The elements.</param>
/// <param name="IsParameter">Whether the tensor is a parameter, and no buffer.</param>
internal sealed record TensorTie(TensorIdentity Identity, bool IsParameter)
{
    // Batch norms keep these beside their parameters. They are floating point, and yet not learned.
    private static readonly string[] BufferNames = ["running_mean", "running_var"];

    /// <summary>The tie of a tensor in a module that is made after its checkpoint.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="name">Its name in the submodule.</param>
    public static TensorTie Of(TensorInfo tensor, string name) => new(
        TensorIdentity.OfView(tensor),
        DType.Get(tensor.DType).Kind is DTypeKind.Floating or DTypeKind.Complex && !BufferNames.Contains(name));
}

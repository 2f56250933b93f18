namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// What calls of <c>torch._utils._rebuild_tensor_v2</c> have in common: all but the name of the storage and the place in
/// it. A checkpoint has a hundred thousand tensors and a hundred of these.
/// </summary>
/// <param name="Rebuild">The function.</param>
/// <param name="StorageClass">The class that names the element type.</param>
/// <param name="Location">The device that the storage was on.</param>
/// <param name="StorageCount">How many elements the storage has.</param>
/// <param name="Shape">The size of each dimension.</param>
/// <param name="Stride">The step of each dimension.</param>
/// <param name="RequiresGrad">Whether the tensor wants a gradient.</param>
internal sealed record PackedTensorTemplate(
    PickleGlobal Rebuild,
    PickleGlobal StorageClass,
    PickleScalar Location,
    long StorageCount,
    long[] Shape,
    long[] Stride,
    bool RequiresGrad)
{
    /// <summary>The full name of the function.</summary>
    public const string RebuildName = "torch._utils._rebuild_tensor_v2";

    /// <summary>The first item of the persistent id of a storage.</summary>
    public const string StorageTag = "storage";

    /// <summary>What makes the dict of the backward hooks.</summary>
    public const string HooksClass = "collections.OrderedDict";
}

using LowMem.Checkpoints;
using LowMem.Loader.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Import.Planning;

/// <summary>One tensor of the module, and what it gets.</summary>
/// <param name="Parameter">The parameter or buffer; those tied to it get the same.</param>
/// <param name="Source">The tensor of the checkpoint.</param>
/// <param name="SourceType">Its element type.</param>
/// <param name="TargetType">The element type it is to have in the module.</param>
/// <param name="RequiresGrad">Whether it is to want a gradient.</param>
internal sealed record PlannedTensor(
    ModuleParameter Parameter, TensorInfo Source, ScalarType SourceType, ScalarType TargetType, bool RequiresGrad)
{
    /// <summary>Whether the values change their element type.</summary>
    public bool IsCast => SourceType != TargetType;
}

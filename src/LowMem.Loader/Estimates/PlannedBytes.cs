using LowMem.Checkpoints;

namespace LowMem.Loader.Estimates;

/// <summary>A tensor of a checkpoint, and the element type it would have in the module.</summary>
internal readonly record struct PlannedBytes(TensorInfo Source, DType Target)
{
    public bool IsCast => Source.DType != Target.Name;
}

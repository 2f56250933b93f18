using LowMem.Checkpoints;
using LowMem.Loader.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Import.Planning;

/// <summary>The element types of tensors that get nothing from a checkpoint: those that the options ask for, or else their own.</summary>
internal sealed class MissingTypes
{
    private readonly ImportOptions options;
    private readonly HashSet<string> planned = new(StringComparer.Ordinal);
    private readonly Dictionary<nn.Module, ScalarType> native = new(ReferenceEqualityComparer.Instance);

    /// <summary>Takes what a plan says of the other tensors.</summary>
    public MissingTypes(ImportPlan plan, ImportOptions options)
    {
        this.options = options;
        foreach (var tensor in plan.Tensors)
        {
            foreach (var tie in tensor.Slot.Ties)
            {
                planned.Add(tie.Key);
                if (tie.Native is not null)
                {
                    native[tie.Module] = tensor.TargetType;
                }
            }
        }

        planned.UnionWith(plan.ZeroSlots.SelectMany(slot => slot.Ties).Select(tie => tie.Key));
    }

    /// <summary>Whether the plan has a value for a tensor.</summary>
    public bool IsPlanned(ModuleParameter slot) => planned.Contains(slot.Key);

    /// <summary>The element type that a tensor is to have.</summary>
    public ScalarType Find(ModuleParameter slot)
    {
        var own = slot.Tensor.dtype;
        if (!ScalarTypes.CanRequireGrad(own))
        {
            return own;
        }

        // A module that computes in C++ has one type for all it holds.
        return slot.Native is not null && native.TryGetValue(slot.Module, out var type) ? type
            : options.DType is { } name && DType.Get(ScalarTypes.GetName(own)).Kind == DTypeKind.Floating ? ScalarTypes.Find(name) ?? own
            : own;
    }
}

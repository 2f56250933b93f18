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
            foreach (var tie in tensor.Parameter.Ties)
            {
                planned.Add(tie.Key);
                if (tie.Native is not null)
                {
                    native[tie.Module] = tensor.TargetType;
                }
            }
        }

        planned.UnionWith(plan.ZeroParameters.SelectMany(parameter => parameter.Ties).Select(tie => tie.Key));
    }

    /// <summary>Whether the plan has a value for a tensor.</summary>
    public bool IsPlanned(ModuleParameter parameter) => planned.Contains(parameter.Key);

    /// <summary>The element type that a tensor is to have.</summary>
    public ScalarType Find(ModuleParameter parameter)
    {
        var own = parameter.Tensor.dtype;
        if (!ScalarTypes.CanRequireGrad(own))
        {
            return own;
        }

        var described = DType.Get(parameter.DType);

        // A module that computes in C++ has one type for all it holds.
        return parameter.Native is not null && native.TryGetValue(parameter.Module, out var type) ? type
            : ScalarTypes.Find(options.GetTarget(described, described).Name) ?? own;
    }
}

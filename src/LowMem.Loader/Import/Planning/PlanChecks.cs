using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;
using LowMem.Loader.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Import.Planning;

/// <summary>Decides for one tensor of a module after the other what it gets, and collects why it cannot have it.</summary>
internal sealed class PlanChecks(ImportOptions options, DeviceType device, TensorDataReader reader, CancellationToken cancellationToken)
{
    private readonly List<ModelMismatch> faults = [];
    private readonly List<string> otherShapes = [];

    /// <summary>What did not fit so far.</summary>
    public IReadOnlyList<ModelMismatch> Faults => faults;

    /// <summary>The module's keys of another shape, where that is allowed.</summary>
    public IReadOnlyList<string> OtherShapes => otherShapes;

    /// <summary>An element type and a shape, as <c>float32 [2, 10]</c>.</summary>
    public static string Describe(string dtype, IReadOnlyList<long> shape) => $"{dtype} [{string.Join(", ", shape)}]";

    /// <summary>Plans what a tensor of the module gets; null when something is wrong with it, or it gets nothing.</summary>
    /// <param name="slot">The tensor of the module.</param>
    /// <param name="found">The tensors of the checkpoint that go by one of its names; at least one.</param>
    public PlannedTensor? Match(ModuleParameter slot, IReadOnlyList<TensorInfo> found)
    {
        if (slot.Shape.Length == 0)
        {
            found = [.. found.Select(tensor => OlderFiles.Fit(slot, tensor))];
        }

        if (options.AllowShapeMismatch && found.Any(tensor => tensor.UnreadableReason is null && !tensor.Shape.SequenceEqual(slot.Shape)))
        {
            otherShapes.Add(slot.Key);
            return null;
        }

        var faultsBefore = faults.Count;
        foreach (var tensor in found)
        {
            Check(slot, tensor);
        }

        if (faults.Count > faultsBefore)
        {
            return null;
        }

        var source = found[0];
        if (found.Count > 1
            && found.Skip(1).FirstOrDefault(tensor => !TensorEquality.HaveEqualValues(reader, source, tensor, cancellationToken)) is { } other)
        {
            faults.Add(new ModelMismatch(
                ModelMismatchKind.Ambiguous,
                slot.Key,
                $"one tensor ({string.Join(" = ", slot.Ties.Select(tie => tie.Key))})",
                $"different values in {DisplayText.Name(source.Key)} and {DisplayText.Name(other.Key)}"));
            return null;
        }

        var sourceType = ScalarTypes.Find(source.DType)!.Value;
        var targetType = GetTargetType(slot, sourceType);
        var requiresGrad = options.RequiresGrad && !slot.IsBuffer && ScalarTypes.CanRequireGrad(targetType);
        return new PlannedTensor(slot, source, sourceType, targetType, requiresGrad);
    }

    /// <summary>Checks what only shows when all tensors are known.</summary>
    public void CheckTogether(IReadOnlyList<PlannedTensor> planned)
    {
        var native = planned.Where(tensor => tensor.Slot.HasNative).ToList();
        if (native.Count == 0)
        {
            return;
        }

        foreach (var (slot, obstacle) in ParameterBinder.FindMixedTypes(native.Select(tensor => (tensor.Slot, tensor.TargetType))))
        {
            var source = native.Find(tensor => tensor.Slot == slot)!.Source;
            faults.Add(new ModelMismatch(
                ModelMismatchKind.DType,
                slot.Key,
                Describe(slot.DType, slot.Shape),
                $"{Describe(source.DType, source.Shape)}; {obstacle}"));
        }
    }

    private ScalarType GetTargetType(ModuleParameter slot, ScalarType sourceType)
    {
        // TorchSharp makes the counter of a batch norm in the type of its weights, PyTorch always in int64: as a float16 it
        // would count to 2048, and end at 65504.
        if (options.KeepDType || slot is { IsBuffer: true, Name: "num_batches_tracked" })
        {
            return sourceType;
        }

        return options.DType is { } name && DType.Find(slot.DType)?.Kind == DTypeKind.Floating
            ? ScalarTypes.Find(name)!.Value
            : slot.Tensor.dtype;
    }

    private void Check(ModuleParameter slot, TensorInfo tensor)
    {
        if (tensor.UnreadableReason is { } reason)
        {
            AddFault(ModelMismatchKind.Unreadable, tensor.Key, $": {reason}");
            return;
        }

        if (!tensor.Shape.AsSpan().SequenceEqual(slot.Shape))
        {
            AddFault(ModelMismatchKind.Shape, slot.Key, string.Empty);
        }

        // A quantized tensor is integers plus a scale that lies elsewhere; without it the integers mean nothing.
        if (ScalarTypes.Find(tensor.DType) is not { } type || DType.Get(tensor.DType).Kind == DTypeKind.Quantized)
        {
            AddFault(ModelMismatchKind.DType, slot.Key, ", which no parameter can hold");
        }
        else if (!CastSupport.CanCast(type, GetTargetType(slot, type)))
        {
            AddFault(ModelMismatchKind.DType, slot.Key, $", which libtorch cannot cast to {ScalarTypes.GetName(GetTargetType(slot, type))}");
        }
        else if (ParameterBinder.FindObstacle(slot, GetTargetType(slot, type), device) is { } obstacle)
        {
            AddFault(ModelMismatchKind.DType, slot.Key, $"; {obstacle}");
        }

        // Only what does not fit is described: of a hundred thousand tensors that is none.
        void AddFault(ModelMismatchKind kind, string key, string problem) => faults.Add(new ModelMismatch(
            kind, key, Describe(slot.DType, slot.Shape), Describe(tensor.DType, tensor.Shape) + problem));
    }
}

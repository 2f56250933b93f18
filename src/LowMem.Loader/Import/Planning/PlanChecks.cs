using System.Collections.Concurrent;
using System.Runtime.InteropServices;
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
    /// <param name="parameter">The tensor of the module.</param>
    /// <param name="found">The tensors of the checkpoint that go by one of its names; at least one.</param>
    public PlannedTensor? Match(ModuleParameter parameter, IReadOnlyList<TensorInfo> found)
    {
        if (parameter.Shape.Length == 0)
        {
            found = [.. found.Select(tensor => OlderFiles.Fit(parameter, tensor))];
        }

        if (options.AllowShapeMismatch && found.Any(tensor => tensor.UnreadableReason is null && !tensor.Shape.SequenceEqual(parameter.Shape)))
        {
            otherShapes.Add(parameter.Key);
            return null;
        }

        var faultsBefore = faults.Count;
        foreach (var tensor in found)
        {
            Check(parameter, tensor);
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
                parameter.Key,
                $"one tensor ({string.Join(" = ", parameter.Ties.Select(tie => tie.Key))})",
                $"different values in {DisplayText.Name(source.Key)} and {DisplayText.Name(other.Key)}"));
            return null;
        }

        var sourceType = ScalarTypes.Find(source.DType)!.Value;
        var targetType = GetTargetType(parameter, sourceType);
        var requiresGrad = options.RequiresGrad && !parameter.IsBuffer && ScalarTypes.CanRequireGrad(targetType);
        return new PlannedTensor(parameter, source, sourceType, targetType, requiresGrad);
    }

    /// <summary>Checks what only shows when all tensors are known.</summary>
    public void CheckTogether(IReadOnlyList<PlannedTensor> planned)
    {
        var native = planned.Where(tensor => tensor.Parameter.HasNative).ToList();
        if (native.Count == 0)
        {
            return;
        }

        foreach (var (parameter, obstacle) in ParameterBinder.FindMixedTypes(native.Select(tensor => (tensor.Parameter, tensor.TargetType))))
        {
            var source = native.Find(tensor => tensor.Parameter == parameter)!.Source;
            faults.Add(new ModelMismatch(
                ModelMismatchKind.DType,
                parameter.Key,
                Describe(parameter.DType, parameter.Shape),
                $"{Describe(source.DType, source.Shape)}; {obstacle}"));
        }
    }

    // TorchSharp makes the counter of a batch norm in the type of its weights, PyTorch always in int64: as a float16 it would
    // count to 2048, and end at 65504.
    private ScalarType GetTargetType(ModuleParameter parameter, ScalarType sourceType) =>
        OlderFiles.IsCounter(parameter)
            ? sourceType
            : ScalarTypes.Find(options.GetTarget(DType.Get(ScalarTypes.GetName(sourceType)), DType.Get(parameter.DType)).Name)!.Value;

    private void Check(ModuleParameter parameter, TensorInfo tensor)
    {
        if (tensor.UnreadableReason is { } reason)
        {
            AddFault(ModelMismatchKind.Unreadable, tensor.Key, $": {reason}");
            return;
        }

        if (!tensor.Shape.AsSpan().SequenceEqual(parameter.Shape))
        {
            AddFault(ModelMismatchKind.Shape, parameter.Key, string.Empty, AdviseOnShard(parameter, tensor));
        }

        // A quantized tensor is integers plus a scale that lies elsewhere; without it the integers mean nothing.
        if (ScalarTypes.Find(tensor.DType) is not { } type || DType.Get(tensor.DType).Kind == DTypeKind.Quantized)
        {
            AddFault(ModelMismatchKind.DType, parameter.Key, ", which no parameter can hold");
        }
        else if (!CastSupport.CanCast(type, GetTargetType(parameter, type)))
        {
            AddFault(ModelMismatchKind.DType, parameter.Key, $", which libtorch cannot cast to {ScalarTypes.GetName(GetTargetType(parameter, type))}");
        }
        else if (ParameterBinder.FindObstacle(parameter, GetTargetType(parameter, type), device) is { } obstacle)
        {
            AddFault(ModelMismatchKind.DType, parameter.Key, $"; {obstacle}");
        }

        // Only what does not fit is described: of a hundred thousand tensors that is none.
        void AddFault(ModelMismatchKind kind, string key, string problem, string? advice = null) => faults.Add(new ModelMismatch(
            kind, key, Describe(parameter.DType, parameter.Shape), Describe(tensor.DType, tensor.Shape) + problem)
        { Advice = advice });
    }

    // A layer goes on by sizes of its own - features, heads, groups - and with a smaller weight alone it would compute something else.
    private static string? AdviseOnShard(ModuleParameter parameter, TensorInfo tensor) => tensor.GetWholeShape()?.SequenceEqual(parameter.Shape) == true
        ? "The module has the shape of the whole tensor: build it with the sizes of the shard, or give none, and it is made after the shard"
        : null;
}

/// <summary>Knows which element types libtorch can turn into which, by having it try with one element.</summary>
internal static class CastSupport
{
    private static readonly ConcurrentDictionary<(ScalarType From, ScalarType To), bool> Known = new();

    /// <summary>Whether values of one type can be cast to another.</summary>
    public static bool CanCast(ScalarType from, ScalarType to) => from == to || Known.GetOrAdd((from, to), Try);

    private static bool Try((ScalarType From, ScalarType To) types)
    {
        try
        {
            using var source = empty(1, dtype: types.From, device: CPU);
            using var destination = empty(1, dtype: types.To, device: CPU);
            destination.copy_(source);
            return true;
        }
        catch (ExternalException)
        {
            return false;
        }
    }
}

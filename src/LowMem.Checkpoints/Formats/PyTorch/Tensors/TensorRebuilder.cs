using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Storages;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>
/// Knows the functions by which PyTorch pickles tensors (<c>torch/_utils.py</c>, <c>torch/_tensor.py</c>) and reads
/// the tensor out of their arguments. None of them is called.
/// </summary>
internal static class TensorRebuilder
{
    /// <summary>How many wrappers (a parameter of a subclass of ...) are looked through.</summary>
    private const int MaxWrappers = 16;

    /// <summary>The tensor that a node stands for, or null when it stands for something else.</summary>
    /// <exception cref="TensorProblemException">It is a tensor, and its arguments make no sense.</exception>
    public static TensorDescription? TryDescribe(PickleNode node) => TryDescribe(node, new WrapperParts());

    /// <param name="node">The node.</param>
    /// <param name="parts">Collects what a wrapper is made of, within bounds.</param>
    /// <exception cref="TensorProblemException">It is a tensor, and its arguments make no sense.</exception>
    public static TensorDescription? TryDescribe(PickleNode node, WrapperParts parts)
    {
        if (node is PicklePersistentId id)
        {
            return OfStorage(id);
        }

        bool? requiresGrad = null;
        PickleNode? state = null;
        for (int i = 0; i < MaxWrappers; i++)
        {
            if (node is not PickleObject { CallableName: { } name } made)
            {
                return null;
            }

            var arguments = new RebuildArguments(name, made.ArgumentList);
            switch (name)
            {
                case "torch._utils._rebuild_parameter":
                case "torch._utils._rebuild_parameter_with_state":
                    requiresGrad ??= arguments.Boolean(1);
                    node = arguments.Required(0);
                    continue;
                case "torch.nn.parameter.Parameter" or "torch.nn.parameter.Buffer" when made.ArgumentList.Count > 0:
                case "torch.autograd.variable.Variable" when made.ArgumentList.Count > 0:
                    // Before 0.4 the flag came with the state: (requires_grad, volatile, hooks).
                    requiresGrad ??= made.State is PickleSequence { Count: 3 } flags
                        ? flags[0] is PickleScalar { Value: true }
                        : arguments.Optional(1) is not null && arguments.Boolean(1);
                    node = arguments.Required(0);
                    continue;
                case "torch._utils._rebuild_device_tensor_from_cpu_tensor":
                    requiresGrad ??= arguments.Boolean(3);
                    node = arguments.Required(0);
                    continue;
                case "torch._tensor._rebuild_from_type":
                case "torch._tensor._rebuild_from_type_v2":
                    state ??= arguments.Optional(3);
                    node = new PickleCall(arguments.Required(0), arguments.Required(2));
                    continue;
                default:
                    var description = Describe(name, arguments) ?? NestedTensors.TryDescribe(name, arguments);
                    return description is null ? null : description with
                    {
                        RequiresGrad = requiresGrad ?? description.RequiresGrad,
                        Components = name == WrapperParts.Rebuild ? parts.Of(state) : description.Components,
                    };
            }
        }

        throw new TensorProblemException(FindingCodes.TensorInvalid, $"it is wrapped more than {MaxWrappers} times");
    }

    private static TensorDescription? Describe(string name, RebuildArguments arguments) => name switch
    {
        "torch._utils._rebuild_tensor" => Dense(arguments, type: null, requiresGrad: false, metadata: null),
        "torch._utils._rebuild_tensor_v2" =>
            Dense(arguments, type: null, arguments.Boolean(4), arguments.Optional(6)),
        "torch._utils._rebuild_tensor_v3" =>
            Dense(arguments, arguments.Type(6), arguments.Boolean(4), arguments.Optional(7)),
        "torch._utils._rebuild_qtensor" => QuantizedTensors.Describe(
            Dense(arguments, type: null, arguments.Boolean(5), metadata: null), arguments.Required(4)),
        "torch._utils._rebuild_sparse_tensor" or "torch._utils._rebuild_sparse_csr_tensor" =>
            SparseTensors.Describe(arguments),
        "torch._utils._rebuild_meta_tensor_no_storage" => new TensorDescription
        {
            Type = arguments.Type(0),
            Shape = arguments.Sizes(1),
            Stride = arguments.Sizes(2),
            RequiresGrad = arguments.Boolean(3),
            UnreadableReason = "it was saved from the meta device and has no values",
        },
        WrapperParts.Rebuild => new TensorDescription
        {
            Type = arguments.Type(1),
            Shape = arguments.Sizes(2),
            Stride = arguments.Sizes(3),
            RequiresGrad = arguments.Boolean(7),
            UnreadableReason = "it is a wrapper of other tensors and has no storage of its own",
        },
        "torch._utils._rebuild_device_tensor_from_numpy" or "torch._utils._rebuild_xla_tensor" => FromNumpy(arguments),
        _ => null,
    };

    /// <summary>A storage that is a value by itself: a tensor of one dimension, of bytes when it states no type.</summary>
    private static TensorDescription? OfStorage(PicklePersistentId id)
    {
        if (StorageReference.TryParse(id) is not { } storage)
        {
            return null;
        }

        var type = storage.Type ?? DType.Get("uint8");
        long bytes = storage.View?.ByteLength ?? storage.ByteLength;
        return new TensorDescription
        {
            Type = type,
            Shape = [type.ByteSize > 0 ? bytes / type.ByteSize : (long)((Int128)bytes * 8 / type.BitSize)],
            StorageId = id,
        };
    }

    private static TensorDescription FromNumpy(RebuildArguments arguments)
    {
        var array = NumpyObjects.TryReadArray(arguments.Required(0))
            ?? throw new TensorProblemException(FindingCodes.TensorInvalid, "its numpy array cannot be read");
        return array.ToDescription(key: null, arguments.Boolean(3));
    }

    private static TensorDescription Dense(
        RebuildArguments arguments, DType? type, bool requiresGrad, PickleNode? metadata)
    {
        var bits = metadata as PickleMapping;
        return new TensorDescription
        {
            StorageId = arguments.Storage(0),
            StorageOffset = arguments.Count(1),
            Shape = arguments.Sizes(2),
            Stride = arguments.Sizes(3),
            Type = type,
            RequiresGrad = requiresGrad,
            IsConjugated = bits?.Find("conj") is PickleScalar { Value: true },
            IsNegated = bits?.Find("neg") is PickleScalar { Value: true },
        };
    }

    /// <summary>A tensor that is a part of another one: dense, and made of no parts itself; null when it is none.</summary>
    public static TensorDescription? TryDescribePart(PickleNode node) =>
        node is PickleObject { CallableName: { } name } made && IsDense(name)
            ? Describe(name, new RebuildArguments(name, made.ArgumentList))
            : null;

    private static bool IsDense(string name) =>
        name is "torch._utils._rebuild_tensor" or "torch._utils._rebuild_tensor_v2" or "torch._utils._rebuild_tensor_v3";

    /// <summary>The element type that a tensor or its storage states.</summary>
    public static DType? TypeOf(TensorDescription description) =>
        description.Type
        ?? (description.StorageId is null ? null : StorageReference.TryParse(description.StorageId)?.Type);
}

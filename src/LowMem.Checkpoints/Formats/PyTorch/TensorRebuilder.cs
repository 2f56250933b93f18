using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch;

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
    public static TensorDescription? TryDescribe(PickleNode node)
    {
        bool? requiresGrad = null;
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
                    requiresGrad ??= made.State is PickleSequence { Count: 3 } state
                        ? state[0] is PickleScalar { Value: true }
                        : arguments.Optional(1) is not null && arguments.Boolean(1);
                    node = arguments.Required(0);
                    continue;
                case "torch._tensor._rebuild_from_type":
                case "torch._tensor._rebuild_from_type_v2":
                    node = new PickleObject(arguments.Required(0), arguments.Required(2));
                    continue;
                default:
                    var description = Describe(name, arguments);
                    return description is not null && requiresGrad is { } wanted
                        ? description with { RequiresGrad = wanted }
                        : description;
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
        "torch._utils._rebuild_qtensor" => Dense(arguments, type: null, arguments.Boolean(5), metadata: null) with
        {
            UnreadableReason = "it is quantised",
        },
        "torch._utils._rebuild_sparse_tensor" or "torch._utils._rebuild_sparse_csr_tensor" => Sparse(arguments),
        "torch._utils._rebuild_meta_tensor_no_storage" => new TensorDescription
        {
            Type = arguments.Type(0),
            Shape = arguments.Sizes(1),
            Stride = arguments.Sizes(2),
            RequiresGrad = arguments.Boolean(3),
            UnreadableReason = "it was saved from the meta device and has no values",
        },
        "torch._utils._rebuild_wrapper_subclass" => new TensorDescription
        {
            Type = arguments.Type(1),
            Shape = arguments.Sizes(2),
            Stride = arguments.Sizes(3),
            RequiresGrad = arguments.Boolean(7),
            UnreadableReason = "it is a wrapper of other tensors and has no storage of its own",
        },
        "torch._utils._rebuild_device_tensor_from_cpu_tensor" =>
            TryDescribe(arguments.Required(0)) is { } onCpu ? onCpu with { RequiresGrad = arguments.Boolean(3) } : null,
        "torch._utils._rebuild_device_tensor_from_numpy" => FromNumpy(arguments),
        _ => null,
    };

    private static TensorDescription FromNumpy(RebuildArguments arguments)
    {
        var array = NumpyObjects.TryReadArray(arguments.Required(0))
            ?? throw new TensorProblemException(FindingCodes.TensorInvalid, "its numpy array cannot be read");
        var extent = new StorageExtent(-1, array.Bytes.Length, array.IsBigEndian) { Content = array.Bytes };
        return new TensorDescription
        {
            Type = array.Type,
            Shape = array.Shape,
            Stride = array.GetStride(),
            RequiresGrad = arguments.Boolean(3),
            Content = new ResolvedStorage(null, array.Type, extent),
        };
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

    /// <summary>COO is (indices, values, size), the compressed layouts (compressed, plain, values, size).</summary>
    private static TensorDescription Sparse(RebuildArguments arguments)
    {
        string layout = arguments.Required(0) switch
        {
            PickleObject { CallableName: "torch.serialization._get_layout" } made
                when made.ArgumentList is [PickleScalar { Value: string text }] => text,
            PickleGlobal global => global.FullName,
            _ => throw new TensorProblemException(FindingCodes.TensorInvalid, "its sparse layout is not named"),
        };
        const string prefix = "torch.";
        layout = layout.StartsWith(prefix, StringComparison.Ordinal) ? layout[prefix.Length..] : layout;
        int valuesIndex = layout switch
        {
            TensorLayouts.SparseCoo => 1,
            TensorLayouts.SparseCsr or TensorLayouts.SparseCsc or TensorLayouts.SparseBsr or TensorLayouts.SparseBsc => 2,
            _ => throw new TensorProblemException(
                FindingCodes.TensorInvalid, $"'{PickleText.Shorten(layout)}' is no sparse layout"),
        };
        var data = new RebuildArguments(layout, PythonValues.AsSequence(arguments.Required(1)) ?? []);
        var values = data.Required(valuesIndex) is PickleObject { CallableName: { } name } made2 && IsDense(name)
            ? Describe(name, new RebuildArguments(name, made2.ArgumentList))
            : null;
        return new TensorDescription
        {
            Type = values is null ? null : TypeOf(values),
            Shape = data.Sizes(valuesIndex + 1),
            Layout = layout,
            UnreadableReason = $"its layout is {layout}",
        };
    }

    private static bool IsDense(string name) =>
        name is "torch._utils._rebuild_tensor" or "torch._utils._rebuild_tensor_v2" or "torch._utils._rebuild_tensor_v3";

    /// <summary>The element type that a tensor or its storage states.</summary>
    public static DType? TypeOf(TensorDescription description) =>
        description.Type
        ?? (description.StorageId is null ? null : StorageReference.TryParse(description.StorageId)?.Type);
}

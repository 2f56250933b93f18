using static LowMem.Checkpoints.Safety.WeightsOnly.NodeKind;

namespace LowMem.Checkpoints.Safety.WeightsOnly;

/// <summary>
/// The default allowlist of <c>torch/_weights_only_unpickler.py</c> (<c>_get_allowed_globals</c>), with what a call of each gives.
/// What a program adds by <c>torch.serialization.add_safe_globals</c> cannot be known here.
/// </summary>
internal static class WeightsOnlyGlobals
{
    private static readonly Dictionary<string, NodeKind> Kinds = Create();

    /// <summary>The kind of an allowed global; null for any other.</summary>
    /// <param name="fullName">Module and name, with Python-3 names.</param>
    public static NodeKind? Find(string fullName)
    {
        if (Kinds.TryGetValue(fullName, out var kind))
        {
            return kind;
        }

        // Storage classes of a type are stand-ins that nothing calls; the two general ones are the classes themselves.
        return StorageClasses.IsStorageClass(fullName) && fullName is not ("torch.UntypedStorage" or "torch.storage._UntypedStorage")
            ? Constant
            : null;
    }

    private static Dictionary<string, NodeKind> Create()
    {
        var kinds = new Dictionary<string, NodeKind>(StringComparer.Ordinal)
        {
            ["collections.OrderedDict"] = Class | OrderedDict,
            ["collections.Counter"] = Class | Counter,
            ["torch.nn.parameter.Parameter"] = Class | Parameter,
            ["torch.serialization._get_layout"] = Function,
            ["torch.Size"] = Class,
            ["torch.Tensor"] = Class | Tensor,
            ["torch.device"] = Class,
            ["_codecs.encode"] = Function,
            ["builtins.bytearray"] = Class,
            ["builtins.set"] = Class,
            ["builtins.complex"] = Class,
            ["torch.storage.TypedStorage"] = Class,
            ["torch.storage.UntypedStorage"] = Class,
            ["torch._utils._rebuild_parameter"] = Function | Parameter,
            ["torch._utils._rebuild_parameter_with_state"] = Function | Parameter,
            ["torch._tensor._rebuild_from_type_v2"] = Function | Tensor,
        };
        foreach (string name in (string[])["qtensor", "tensor", "tensor_v2", "tensor_v3", "sparse_tensor", "meta_tensor_no_storage", "wrapper_subclass", "device_tensor_from_numpy", "device_tensor_from_cpu_tensor"])
        {
            kinds["torch._utils._rebuild_" + name] = Function | Tensor;
        }

        foreach (string constant in (string[])["per_tensor_affine", "per_tensor_symmetric", "per_channel_affine", "per_channel_symmetric", "per_channel_affine_float_qparams", "bits8", "bits16", "bits1x8", "bits2x4", "bits4x2"])
        {
            kinds["torch." + constant] = Constant;
        }

        for (int bits = 1; bits < 8; bits++)
        {
            kinds[$"torch.int{bits}"] = Constant;
            kinds[$"torch.uint{bits}"] = Constant;
        }

        // The types of safetensors of less than a byte have no dtype in PyTorch.
        foreach (var type in DType.All.Where(type => type.BitSize is >= 8 or 4 or 2 && type.Name is not "float4_e2m1fn"))
        {
            kinds["torch." + type.Name] = Constant;
        }

        string[] tensors = ["BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor", "ShortTensor"];
        foreach (string module in (string[])["torch", "torch.cuda", "torch.sparse", "torch.cuda.sparse"])
        {
            foreach (string name in tensors.Where(name => !module.EndsWith("sparse", StringComparison.Ordinal) || name != "BoolTensor"))
            {
                kinds[$"{module}.{name}"] = Class | Tensor;
            }
        }

        return kinds;
    }
}

using LowMem.Checkpoints.Diagnostics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Modules;

/// <summary>Gives a parameter or buffer its value in place: whoever holds the tensor sees the new one.</summary>
/// <remarks>
/// <c>load_state_dict</c> and <c>copy_</c> silently do nothing on the meta device, and a new Parameter object would
/// leave ties and fields with the old one.
/// </remarks>
internal static class ParameterBinder
{
    /// <summary>
    /// Why a parameter cannot take a value of this type, or null when it can. A module that computes in C++ has one
    /// element type: taking another converts the parameters of it that have a value already
    /// (see <see cref="FindMixedTypes"/>).
    /// </summary>
    public static string? FindObstacle(ModuleParameter parameter, ScalarType type, DeviceType device = DeviceType.CPU)
    {
        foreach (var tie in parameter.Ties)
        {
            if (tie.Native is not { } native)
            {
                continue;
            }

            if (device != DeviceType.CPU)
            {
                return $"'{DisplayText.Name(tie.Key)}' belongs to a {tie.ModuleType}, which computes in C++ and holds its values on the CPU only";
            }

            if (native.Used.dtype != type && !native.CanReplace && !NativeModules.CanConvert(tie.Module, type))
            {
                return $"'{DisplayText.Name(tie.Key)}' belongs to a {tie.ModuleType}, which computes in C++ and cannot take {ScalarTypes.GetName(type)}";
            }
        }

        return null;
    }

    /// <summary>
    /// Finds the parameters that cannot have the type they are to have, because another parameter of the same C++ module
    /// is to have another one: all floating-point parameters of such a module have one type.
    /// </summary>
    /// <returns>Each such parameter, and why.</returns>
    public static IEnumerable<(ModuleParameter Parameter, string Obstacle)> FindMixedTypes(
        IEnumerable<(ModuleParameter Parameter, ScalarType Type)> plan)
    {
        var types = new Dictionary<nn.Module, (string Key, ScalarType Type)>(ReferenceEqualityComparer.Instance);
        foreach (var (parameter, type) in plan)
        {
            foreach (var tie in parameter.Ties.Where(tie => tie.Native is not null && NativeModules.CanConvert(tie.Module, type)))
            {
                if (types.TryAdd(tie.Module, (tie.Key, type)) || types[tie.Module].Type == type)
                {
                    continue;
                }

                var (key, other) = types[tie.Module];
                yield return (
                    parameter,
                    $"'{DisplayText.Name(tie.Key)}' belongs to a {tie.ModuleType}, which computes in C++ with one element type: it cannot be "
                    + $"{ScalarTypes.GetName(type)} while '{DisplayText.Name(key)}' is {ScalarTypes.GetName(other)}");
            }
        }
    }

    /// <summary>
    /// Replaces the value of a parameter, of every entry tied to it, and of everything that holds one of them. Shares the
    /// storage of <paramref name="value"/>, which stays the caller's. Fails before the first change or not at all.
    /// </summary>
    /// <param name="parameter">An entry of <see cref="ModuleTree.GetParameters"/>.</param>
    /// <param name="value">A dense tensor of the parameter's shape; of the parameter's dtype, or of one without obstacle.</param>
    /// <param name="requiresGrad">Whether the parameter wants a gradient; ignored for types that cannot have one.</param>
    /// <exception cref="ModelException">The value does not fit.</exception>
    public static void Bind(ModuleParameter parameter, Tensor value, bool requiresGrad = false)
    {
        TensorHandle.EnsureSupported();
        var type = value.dtype;
        Validate(parameter, value, type);

        using var data = value.detach();
        data.requires_grad = requiresGrad && ScalarTypes.CanRequireGrad(type);
        if (parameter.HasNative)
        {
            BindNative(parameter, data, type);
            return;
        }

        foreach (var tie in parameter.Ties)
        {
            Point(tie.Tensor, data);
        }
    }

    private static void BindNative(ModuleParameter parameter, Tensor data, ScalarType type)
    {
        using var noGradient = no_grad();
        var natives = parameter.Ties.Where(tie => tie.Native is not null).ToArray();
        foreach (var tie in natives)
        {
            if (tie.Native!.Used.dtype != type && NativeModules.CanConvert(tie.Module, type))
            {
                // Its own old value need not be converted.
                NativeModules.FreeStorage(tie.Native.Registered);
                NativeModules.Convert(tie.Module, type);
            }
        }

        // C++ keeps its tensor and takes over the storage; the managed side becomes another handle of that tensor,
        // so that gradients meet. What C++ cannot take over in place is replaced there below.
        var shared = data;
        foreach (var native in natives.Select(tie => tie.Native!).Where(native => CanShare(native, type)))
        {
            native.Used.set_(data);
            native.Used.grad = null;
            native.Used.requires_grad = data.requires_grad;
            shared = native.Used;
        }

        foreach (var tie in parameter.Ties)
        {
            var source = tie.Native is { } native && CanShare(native, type) ? native.Used : shared;
            Point(tie.Tensor, source);
        }

        foreach (var tie in natives.Where(tie => !CanShare(tie.Native!, type)))
        {
            tie.Native!.Replace((Parameter)tie.Tensor);
        }
    }

    /// <summary>Lets a managed handle stand for the tensor of another one.</summary>
    public static void Point(Tensor handle, Tensor target)
    {
        if (TensorHandle.Get(handle) == TensorHandle.Get(target))
        {
            return;
        }

        using var alias = target.alias();
        TensorHandle.Exchange(handle, alias);
    }

    private static bool CanShare(NativeTensor native, ScalarType type) =>
        native.Used.device_type == DeviceType.CPU && native.Used.dtype == type;

    // The shape as an array takes several allocations, and this is asked for every tensor of a model.
    private static bool HasShape(Tensor value, long[] shape)
    {
        if (value.dim() != shape.Length)
        {
            return false;
        }

        for (var i = 0; i < shape.Length; i++)
        {
            if (value.size(i) != shape[i])
            {
                return false;
            }
        }

        return true;
    }

    private static void Validate(ModuleParameter parameter, Tensor value, ScalarType type)
    {
        if (!HasShape(value, parameter.Shape))
        {
            throw new ModelException(
                ModelErrorIds.Mismatch,
                $"'{DisplayText.Name(parameter.Key)}' has the shape [{string.Join(", ", parameter.Shape)}], the value [{string.Join(", ", value.shape)}].");
        }

        if (parameter.Ties.FirstOrDefault(tie => tie.Tensor.IsInvalid) is { } disposed)
        {
            throw new ModelException(
                ModelErrorIds.ModuleInvalid, $"'{DisplayText.Name(disposed.Key)}' has been disposed of since the module was listed.");
        }

        if (FindObstacle(parameter, type, value.device_type) is { } obstacle)
        {
            throw new ModelException(ModelErrorIds.ModuleUnsupported, $"{obstacle}.");
        }
    }
}

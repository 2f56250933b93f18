using System.Reflection;
using System.Runtime.InteropServices;
using LowMem.Loader.Native;
using static TorchSharp.torch;

namespace LowMem.Loader.Modules;

/// <summary>What is done to modules that compute in C++ as a whole, and to the tensors they hold.</summary>
internal static unsafe class NativeModules
{
    private static readonly FieldInfo HandleField =
        typeof(nn.Module).GetField("handle", BindingFlags.Instance | BindingFlags.NonPublic)
        ?? throw new MissingFieldException(typeof(nn.Module).FullName, "handle");

    // void THSNN_Module_to_dtype(NNModule module, int8_t dtype, bool non_blocking)
    private static readonly delegate* unmanaged<nint, sbyte, byte, void> ToDType =
        (delegate* unmanaged<nint, sbyte, byte, void>)NativeLibrary.GetExport(
            NativeLibraryLoader.Handle, "THSNN_Module_to_dtype");

    /// <summary>Whether a C++ module can take another element type.</summary>
    public static bool CanConvert(nn.Module module, ScalarType type) =>
        module is not jit.ScriptModule && ScalarTypes.CanRequireGrad(type);

    /// <summary>
    /// Gives every parameter of a C++ module another element type. Those without storage stay without; those with
    /// values are converted, as <c>module.to(dtype)</c> does.
    /// </summary>
    public static void Convert(nn.Module module, ScalarType type)
    {
        var tensors = ModuleInternals.GetNativeParameters(module);
        var freed = new List<(Tensor Tensor, long[] Shape)>();
        try
        {
            foreach (var (_, tensor) in tensors)
            {
                if (IsWithoutStorage(tensor))
                {
                    // Converting the expanded tensor would allocate it whole.
                    freed.Add((tensor, tensor.shape));
                    using var none = empty(0, dtype: tensor.dtype, device: CPU);
                    tensor.set_(none);
                }
            }

            var handle = (SafeHandle)HandleField.GetValue(module)!;
            ToDType(handle.DangerousGetHandle(), (sbyte)type, 0);
            CheckForErrors();
            GC.KeepAlive(module);
        }
        finally
        {
            foreach (var (tensor, shape) in freed)
            {
                FreeStorage(tensor, shape);
            }

            foreach (var (_, tensor) in tensors)
            {
                tensor.Dispose();
            }
        }
    }

    /// <summary>
    /// Frees the storage of a tensor and keeps its shape: one element stands for all. A C++ module without values
    /// still runs, so the element is NaN where the type has one: what it returns is not taken for a result.
    /// </summary>
    public static void FreeStorage(Tensor tensor) => FreeStorage(tensor, tensor.shape);

    /// <summary>
    /// Gives a parameter of a C++ module another shape, without memory for its values: one element stands for all in
    /// C++, and the managed side is on meta. For a module that was created small and computes with any shape.
    /// </summary>
    public static void Reshape(nn.Module module, string name, long[] shape)
    {
        using var meta = new TorchSharp.Modules.Parameter(empty(shape, device: META));
        foreach (var (found, tensor) in ModuleInternals.GetNativeParameters(module))
        {
            if (found == name)
            {
                FreeStorage(tensor, shape);
            }

            tensor.Dispose();
        }

        ParameterBinder.Point(ModuleInternals.Parameters(module)[name], meta);
    }

    /// <summary>Whether one element stands for all; false for a tensor of one element, which does anyway.</summary>
    public static bool IsWithoutStorage(Tensor tensor) =>
        tensor.numel() > 1 && Array.TrueForAll(tensor.stride(), stride => stride == 0);

    private static void FreeStorage(Tensor tensor, long[] shape)
    {
        var type = tensor.dtype;
        using var noGradient = no_grad();
        using var filled = ScalarTypes.CanRequireGrad(type)
            ? full([1], double.NaN, dtype: ScalarType.Float32, device: CPU)
            : zeros([1], dtype: type, device: CPU);
        using var one = filled.to(type);
        using var all = Array.Exists(shape, size => size == 0) ? empty(shape, dtype: type, device: CPU) : one.expand(shape);
        tensor.set_(all);
    }
}

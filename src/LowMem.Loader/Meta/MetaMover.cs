using LowMem.Loader.Modules;
using LowMem.Loader.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Meta;

/// <summary>Frees the storage of a module and keeps its shapes.</summary>
/// <remarks>
/// <c>module.to(META)</c> cannot be trusted: modules that compute in C++ keep their memory, and tied weights leave
/// the module half moved.
/// </remarks>
public static class MetaMover
{
    /// <summary>
    /// Moves every parameter and persistent buffer to the meta device. Shapes, strides, dtypes, ties, and whether a
    /// gradient is wanted stay; so does every reference to the tensors, in fields and variables. Buffers that are
    /// not persistent keep their values, since no checkpoint could give them back.
    /// </summary>
    /// <param name="module">The module; moving it again does nothing.</param>
    /// <exception cref="ModelException">The module contains itself, or a tensor of it has been disposed of.</exception>
    /// <exception cref="NativeLibraryNotFoundException">libtorch is not there or does not load.</exception>
    public static MoveResult Move(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        NativeLibraryLoader.EnsureLoaded();
        var result = Move(ModuleTree.GetParameters(module));
        if (result.FreedBytes > 0)
        {
            FreedMemory.Return();
        }

        return result;
    }

    private static MoveResult Move(IReadOnlyList<ModuleParameter> parameters)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var plan = new List<(IReadOnlyList<ModuleParameter> Group, Tensor Meta)>();
        var count = 0;
        var freed = 0L;
        foreach (var first in parameters.Where(parameter => parameter.TiedTo is null))
        {
            // One tensor can be a persistent buffer here and a computed one there: then it keeps its value.
            if (first.Ties.Any(HasValue) && first.Ties.All(tie => tie.IsPersistent))
            {
                plan.Add((first.Ties, CreateMeta(first.Tensor)));
                count++;
                freed = checked(freed + first.ByteLength);
            }
        }

        // Everything that can fail for want of memory has been done; from here the module changes.
        foreach (var (group, meta) in plan)
        {
            foreach (var tie in group)
            {
                FreeNative(tie);
                ParameterBinder.Point(tie.Tensor, meta);
            }
        }

        return new MoveResult(count, freed);
    }

    private static bool HasValue(ModuleParameter parameter) =>
        parameter.Tensor.device_type != DeviceType.META
        || (parameter.Native is { } native && (IsHeld(native.Used) || IsHeld(native.Registered)));

    // A managed side on meta says nothing about C++. One element is not worth a second look.
    private static bool IsHeld(Tensor tensor) =>
        tensor.device_type != DeviceType.META && tensor.numel() > 1 && !NativeModules.IsWithoutStorage(tensor);

    private static Tensor CreateMeta(Tensor tensor)
    {
        var meta = NativeModules.IsWithoutStorage(tensor)
            ? empty(tensor.shape, dtype: tensor.dtype, device: META)
            : empty_strided(tensor.shape, tensor.stride(), dtype: tensor.dtype, device: META);
        meta.requires_grad = tensor.requires_grad;
        return meta;
    }

    private static void FreeNative(ModuleParameter parameter)
    {
        if (parameter.Native is not { } native)
        {
            return;
        }

        foreach (var tensor in new[] { native.Used, native.Registered })
        {
            if (tensor.device_type != DeviceType.META)
            {
                NativeModules.FreeStorage(tensor);
                tensor.grad = null;
            }
        }
    }
}

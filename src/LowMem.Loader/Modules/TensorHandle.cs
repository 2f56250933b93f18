using LowMem.Loader.Native;
using static TorchSharp.torch;

namespace LowMem.Loader.Modules;

/// <summary>
/// Which tensor a managed handle stands for, and the exchange of two of them.
/// </summary>
/// <remarks>
/// <see cref="Tensor.Handle"/> is the address of a C++ <c>at::Tensor</c>, whose only member is a counted pointer
/// to a <c>TensorImpl</c>. Exchanging the pointers of two handles leaves every count right, and whoever holds
/// either managed object sees the other tensor from then on.
/// </remarks>
internal static unsafe class TensorHandle
{
    private static readonly Lazy<string?> Check = new(() => FindLayoutFault(Get, Exchange), LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>For tests: a fault to report as if the check had found it; else null.</summary>
    internal static string? AssumedFault { get; set; }

    /// <summary>The address of the TensorImpl: equal for two handles exactly when they are the same tensor.</summary>
    public static nint Get(Tensor tensor)
    {
        var address = *(nint*)tensor.Handle;
        GC.KeepAlive(tensor);
        return address;
    }

    /// <summary>Exchanges what two handles stand for. Cannot fail once <see cref="EnsureSupported"/> has passed.</summary>
    public static void Exchange(Tensor left, Tensor right)
    {
        var first = (nint*)left.Handle;
        var second = (nint*)right.Handle;
        (*first, *second) = (*second, *first);
        GC.KeepAlive(left);
        GC.KeepAlive(right);
    }

    /// <summary>Makes sure, once, that this build of libtorch lays out its handles as described above.</summary>
    /// <exception cref="ModelException">It does not.</exception>
    public static void EnsureSupported()
    {
        if ((AssumedFault ?? Check.Value) is { } fault)
        {
            throw new ModelException(
                ModelErrorIds.NativeLibraryIncompatible,
                $"The libtorch that is loaded does not keep tensors as this version of LowMem relies on: {fault}. "
                + "Nothing was changed. Use the TorchSharp and libtorch that come with this module.");
        }
    }

    /// <summary>Tries on tensors of its own whether handles can be compared and exchanged by what they hold.</summary>
    /// <param name="get">How <see cref="Get"/> does it.</param>
    /// <param name="exchange">How <see cref="Exchange"/> does it.</param>
    /// <returns>What does not work, or null.</returns>
    internal static string? FindLayoutFault(Func<Tensor, nint> get, Action<Tensor, Tensor> exchange)
    {
        NativeLibraryLoader.EnsureLoaded();
        using var left = arange(1, 3, dtype: ScalarType.Float32, device: CPU);
        using var right = arange(3, 6, dtype: ScalarType.Float32, device: CPU);
        using var alias = left.alias();
        if (get(left) != get(alias) || get(left) == get(right) || get(left) == 0)
        {
            return "two handles of one tensor do not hold one address";
        }

        exchange(left, right);
        if (left.numel() != 3 || right.numel() != 2 || left.sum().item<float>() != 12f
            || get(right) != get(alias) || get(left) == get(alias))
        {
            return "two tensors cannot be exchanged by their addresses";
        }

        alias.set_(left);
        return right.numel() == 3 && right.sum().item<float>() == 12f
            ? null
            : "a tensor cannot be given the storage of another one in place";
    }
}

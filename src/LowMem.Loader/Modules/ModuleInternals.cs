using System.Reflection;
using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace LowMem.Loader.Modules;

/// <summary>The protected members of TorchSharp's module that a complete walk needs.</summary>
/// <remarks>
/// The public <c>named_parameters</c> drops a second name of the same tensor, and <c>named_buffers</c> drops
/// buffers that are not persistent.
/// </remarks>
internal static class ModuleInternals
{
    // Virtual members are called through open delegates: those dispatch on the type of the instance.
    private static readonly Action<nn.Module> RegisterComponentsOf =
        Method("RegisterComponents").CreateDelegate<Action<nn.Module>>();

    private static readonly Func<nn.Module, (string Name, Parameter Parameter)[]> NativeParametersOf =
        Method("_named_parameters").CreateDelegate<Func<nn.Module, (string, Parameter)[]>>();

    private static readonly Func<nn.Module, (string Name, Tensor Buffer)[]> NativeBuffersOf =
        Method("_named_buffers").CreateDelegate<Func<nn.Module, (string, Tensor)[]>>();

    /// <summary>The parameters that were registered under a name, in order.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_internal_params")]
    public static extern ref OrderedDict<string, Parameter> Parameters(nn.Module module);

    /// <summary>The buffers that were registered under a name, in order, and whether each is persistent.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_internal_buffers")]
    public static extern ref OrderedDict<string, (Tensor Buffer, bool IsPersistent)> Buffers(nn.Module module);

    /// <summary>
    /// Registers what a module holds in fields and lists. TorchSharp does it when a module becomes the child of
    /// another one, so the root of a tree may not be registered yet.
    /// </summary>
    public static void RegisterComponents(nn.Module module) => RegisterComponentsOf(module);

    /// <summary>The parameters that C++ holds: new handles, for the caller to dispose of.</summary>
    public static (string Name, Parameter Parameter)[] GetNativeParameters(nn.Module module) => NativeParametersOf(module);

    /// <summary>The buffers that C++ holds: new handles, for the caller to dispose of.</summary>
    public static (string Name, Tensor Buffer)[] GetNativeBuffers(nn.Module module) => NativeBuffersOf(module);

    private static MethodInfo Method(string name) =>
        typeof(nn.Module).GetMethod(name, BindingFlags.Instance | BindingFlags.NonPublic)
        ?? throw new MissingMethodException(typeof(nn.Module).FullName, name);
}

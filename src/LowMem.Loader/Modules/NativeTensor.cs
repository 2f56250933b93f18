using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Modules;

/// <summary>
/// The C++ side of a parameter whose module computes in C++ (Embedding, LSTM, Transformer, ...). The tensor that
/// the managed side has registered may be another one: TorchSharp moves that to the meta device, and not this.
/// </summary>
internal sealed class NativeTensor
{
    private static readonly ConcurrentDictionary<(Type Type, string Name), PropertyInfo?> Properties = new();

    private readonly nn.Module module;
    private readonly PropertyInfo? property;

    private NativeTensor(nn.Module module, Tensor registered, PropertyInfo? property)
    {
        this.module = module;
        this.property = property;
        Registered = registered.DetachFromDisposeScope();
        Used = GetUsed() ?? Registered;
    }

    /// <summary>The tensor that C++ created and registered with the module.</summary>
    public Tensor Registered { get; }

    /// <summary>The tensor that C++ computes with: another one when the property of the module has been set.</summary>
    public Tensor Used { get; }

    /// <summary>True when the module can be given another tensor to compute with.</summary>
    public bool CanReplace => property is not null;

    /// <summary>Collects the C++ side of a module, by parameter name; empty for a managed module.</summary>
    public static IReadOnlyDictionary<string, NativeTensor> Collect(nn.Module module)
    {
        // Only TorchSharp itself can make a module over a C++ object that has parameters.
        if (module.GetType().Assembly != typeof(nn.Module).Assembly)
        {
            return FrozenDictionary<string, NativeTensor>.Empty;
        }

        var result = new Dictionary<string, NativeTensor>(StringComparer.Ordinal);
        foreach (var (name, parameter) in ModuleInternals.GetNativeParameters(module))
        {
            result[name] = new NativeTensor(module, parameter, FindProperty(module.GetType(), name));
        }

        foreach (var (name, buffer) in ModuleInternals.GetNativeBuffers(module))
        {
            result[name] = new NativeTensor(module, buffer, property: null);
        }

        return result;
    }

    /// <summary>Lets C++ compute with another tensor.</summary>
    public void Replace(Parameter parameter) => property!.SetValue(module, parameter);

    private Tensor? GetUsed()
    {
        if (property?.GetValue(module) is not Tensor used)
        {
            return null;
        }

        used.DetachFromDisposeScope();
        if (TensorHandle.Get(used) != TensorHandle.Get(Registered))
        {
            return used;
        }

        used.Dispose();
        return null;
    }

    // Embedding, EmbeddingBag and the cells have a property per parameter that reads and writes the C++ member.
    private static PropertyInfo? FindProperty(Type type, string name) => Properties.GetOrAdd(
        (type, name),
        static key => key.Type.Assembly == typeof(nn.Module).Assembly
            && key.Type.GetProperty(key.Name) is { CanRead: true, CanWrite: true } found
            && found.PropertyType == typeof(Parameter) ? found : null);
}

using LowMem.Loader.Native;
using static TorchSharp.torch;

namespace LowMem.Loader.Modules;

/// <summary>The parameters and buffers of a module and all its submodules, by the keys of PyTorch's state dict.</summary>
public static class ModuleTree
{
    /// <summary>
    /// Maps every key to the submodule that owns it. Keys, and their order, are those of PyTorch's
    /// <c>state_dict()</c>; a tensor that is reached by two names is listed under both. Buffers that are not
    /// persistent are listed too.
    /// </summary>
    /// <param name="root">The module; it is not changed.</param>
    /// <exception cref="ModelException">A module contains itself, or a tensor of it has been disposed of.</exception>
    /// <exception cref="NativeLibraryNotFoundException">libtorch is not there or does not load.</exception>
    public static IReadOnlyList<ModuleParameter> GetParameters(nn.Module root)
    {
        ArgumentNullException.ThrowIfNull(root);
        NativeLibraryLoader.EnsureLoaded();
        TensorHandle.EnsureSupported();
        return Collect(root);
    }

    private static List<ModuleParameter> Collect(nn.Module root)
    {
        var parameters = new List<ModuleParameter>();
        var ties = new TieMap();
        foreach (var (path, module) in Walk(root))
        {
            var natives = NativeTensor.Collect(module);
            foreach (var own in GetOwn(path, module))
            {
                var parameter = Describe(path, module, own, natives, ties);
                parameters.Add(parameter);
                ties.Add(parameter);
            }
        }

        return parameters;
    }

    /// <summary>Every module under the names that lead to it: the root first, parents before their children.</summary>
    /// <exception cref="ModelException">A module contains itself.</exception>
    internal static IEnumerable<(string Path, nn.Module Module)> Walk(nn.Module root)
    {
        // A loop and a stack of its own: the depth of a tree may come from a file.
        var onPath = new HashSet<nn.Module>(ReferenceEqualityComparer.Instance) { root };
        var stack = new Stack<OpenModule>();
        ModuleInternals.RegisterComponents(root);
        yield return (string.Empty, root);
        stack.Push(new OpenModule(string.Empty, root, GetChildren(root)));
        while (stack.TryPeek(out var top))
        {
            if (!top.Children.MoveNext())
            {
                top.Children.Dispose();
                onPath.Remove(top.Module);
                stack.Pop();
                continue;
            }

            var (name, child) = top.Children.Current;
            var path = Join(top.Path, name);
            if (!onPath.Add(child))
            {
                throw new ModelException(
                    ModelErrorIds.ModuleInvalid,
                    $"The module '{path}' ({child.GetType().Name}) contains itself, so its keys have no end. "
                    + "Remove it from its own submodules.");
            }

            ModuleInternals.RegisterComponents(child);
            yield return (path, child);
            stack.Push(new OpenModule(path, child, GetChildren(child)));
        }
    }

    /// <summary>Joins a path and a name as PyTorch does.</summary>
    internal static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    // A TorchScript module lists the parameters of its whole tree itself, and makes new wrappers at each call.
    private static IEnumerator<(string Name, nn.Module Module)> GetChildren(nn.Module module) =>
        (module is jit.ScriptModule ? [] : module.named_children()).GetEnumerator();

    private static IEnumerable<OwnTensor> GetOwn(string path, nn.Module module)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        List<string>? disposed = null;
        foreach (var (name, parameter) in (IEnumerable<(string, TorchSharp.Modules.Parameter)>)ModuleInternals.Parameters(module))
        {
            if (parameter.IsInvalid)
            {
                (disposed ??= []).Add(name);
            }
            else
            {
                names.Add(name);
                yield return new OwnTensor(name, parameter, IsBuffer: false, IsPersistent: true);
            }
        }

        // ParameterList and ParameterDict keep the current parameters in lists of their own.
        foreach (var (name, parameter) in module.named_parameters(recurse: false))
        {
            if (!parameter.IsInvalid && names.Add(name))
            {
                yield return new OwnTensor(name, parameter, IsBuffer: false, IsPersistent: true);
            }
        }

        foreach (var (name, (buffer, isPersistent)) in (IEnumerable<(string, (Tensor, bool))>)ModuleInternals.Buffers(module))
        {
            if (buffer.IsInvalid)
            {
                (disposed ??= []).Add(name);
            }
            else if (names.Add(name))
            {
                yield return new OwnTensor(name, buffer, IsBuffer: true, isPersistent);
            }
        }

        if (disposed?.Find(name => !names.Contains(name)) is { } lost)
        {
            throw new ModelException(
                ModelErrorIds.ModuleInvalid,
                $"The tensor '{Join(path, lost)}' of the module ({module.GetType().Name}) has been disposed of. "
                + "Create the module again; a dispose scope or a failed move to another device may be the cause.");
        }
    }

    private static ModuleParameter Describe(
        string path, nn.Module module, OwnTensor own, IReadOnlyDictionary<string, NativeTensor> natives, TieMap ties)
    {
        var (name, tensor, isBuffer, isPersistent) = own;
        var native = natives.GetValueOrDefault(name);
        var group = ties.Find(tensor, native);
        return new ModuleParameter(module, tensor, group, native)
        {
            Key = Join(path, name),
            Name = name,
            ModulePath = path,
            ModuleType = module.GetType().Name,
            Shape = tensor.shape,
            DType = ScalarTypes.GetName(tensor.dtype),
            Device = GetDeviceName(tensor),
            ByteLength = checked(tensor.numel() * tensor.element_size()),
            IsBuffer = isBuffer,
            IsPersistent = isPersistent,
            RequiresGrad = tensor.requires_grad,
            TiedTo = group.Count > 0 ? group[0].Key : null,
        };
    }

    private static string GetDeviceName(Tensor tensor) => tensor.device_type switch
    {
        TorchSharp.DeviceType.CPU => "cpu",
        TorchSharp.DeviceType.META => "meta",
        var type => $"{type.ToString().ToLowerInvariant()}:{tensor.device_index}",
    };

    // Classes and not tuples: generic code over a tuple is compiled at the first load, over a class it comes compiled.
    private sealed record OpenModule(string Path, nn.Module Module, IEnumerator<(string Name, nn.Module Module)> Children);

    private sealed record OwnTensor(string Name, Tensor Tensor, bool IsBuffer, bool IsPersistent);
}

/// <summary>Groups the entries of a module that are the same tensor.</summary>
/// <remarks>
/// The tensor C++ computes with counts as well: on the meta device TorchSharp gives a module such as Embedding a
/// second tensor, while <c>linear.weight = embedding.weight</c> still takes the first.
/// </remarks>
internal sealed class TieMap
{
    private readonly Dictionary<nint, List<ModuleParameter>> groups = [];

    /// <summary>The group that a tensor belongs to, with the entries found so far; a new one when it is the first.</summary>
    public List<ModuleParameter> Find(Tensor tensor, NativeTensor? native)
    {
        var managed = TensorHandle.Get(tensor);
        var used = native is null ? managed : TensorHandle.Get(native.Used);
        if (!groups.TryGetValue(managed, out var group) && !groups.TryGetValue(used, out group))
        {
            group = [];
        }

        groups[managed] = group;
        groups[used] = group;
        return group;
    }

    /// <summary>Adds an entry to the group it was described with.</summary>
    public void Add(ModuleParameter parameter) => ((List<ModuleParameter>)parameter.Ties).Add(parameter);
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Loader.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Containers;

/// <summary>Looks through a container before it runs: whether all of it can run, and has values to run with.</summary>
/// <remarks>
/// What is found is one error before anything is computed. Containers inside the one that is called are looked at with
/// it, and not again when their turn comes.
/// </remarks>
internal readonly ref struct ForwardPass
{
    private const int MaximumNamed = 10;

    [ThreadStatic]
    private static HashSet<ModuleContainer>? approved;

    private readonly bool isOutermost;

    private ForwardPass(bool isOutermost) => this.isOutermost = isOutermost;

    /// <summary>Begins the forward pass of a container.</summary>
    /// <exception cref="ModelException">It cannot run: the message says why, and what to do.</exception>
    public static ForwardPass Begin(ModuleContainer container, Tensor input)
    {
        if (approved?.Contains(container) == true)
        {
            return new ForwardPass(isOutermost: false);
        }

        var found = Walk(container);
        EnsureRunnable(container, found);
        if (input.device_type != DeviceType.META)
        {
            EnsureValues(found);
        }

        var containers = found.Select(entry => entry.Module).OfType<ModuleContainer>();
        if (approved is not null)
        {
            approved.UnionWith(containers);
            return new ForwardPass(isOutermost: false);
        }

        approved = [.. containers];
        return new ForwardPass(isOutermost: true);
    }

    /// <summary>Makes sure that a layer has values when it is to compute with some.</summary>
    /// <exception cref="ModelException">A tensor of it is on meta, and the input is not.</exception>
    public static void EnsureValues(nn.Module layer, Tensor input)
    {
        if (input.device_type != DeviceType.META)
        {
            EnsureValues([(string.Empty, layer)]);
        }
    }

    /// <summary>Ends the pass: the next one is looked at anew.</summary>
    public void Dispose()
    {
        if (isOutermost)
        {
            approved = null;
        }
    }

    /// <summary>The container, all containers in it, and the modules that these run, each once.</summary>
    private static List<(string Path, nn.Module Module)> Walk(ModuleContainer root)
    {
        var found = new List<(string, nn.Module)>();
        var seen = new HashSet<nn.Module>(ReferenceEqualityComparer.Instance);
        var above = new HashSet<nn.Module>(ReferenceEqualityComparer.Instance);
        var stack = new Stack<(string Path, nn.Module Module, bool IsLeft)>();
        stack.Push((string.Empty, root, false));
        while (stack.TryPop(out var next))
        {
            if (next.IsLeft)
            {
                above.Remove(next.Module);
                continue;
            }

            if (above.Contains(next.Module))
            {
                throw new ModelException(
                    ModelErrorIds.ModuleInvalid,
                    $"The module '{DisplayText.Name(next.Path)}' contains itself, so its forward pass has no end. Remove it from its own submodules.");
            }

            if (!seen.Add(next.Module))
            {
                continue;
            }

            found.Add((next.Path, next.Module));
            if (next.Module is ModuleContainer container)
            {
                above.Add(container);
                stack.Push((next.Path, container, true));
                foreach (var (name, child) in container.named_children().Reverse())
                {
                    stack.Push((ModuleTree.Join(next.Path, name), child, false));
                }
            }
        }

        return found;
    }

    private static void EnsureRunnable(ModuleContainer root, List<(string Path, nn.Module Module)> found)
    {
        var containers = found.Where(entry => entry.Module is ModuleContainer)
            .Select(entry => (entry.Path, Container: (ModuleContainer)entry.Module)).ToList();
        var classes = containers.Where(entry => entry.Container.CanBeAssumed)
            .Select(entry => entry.Container.GetName()).Distinct(StringComparer.Ordinal).ToArray();
        var printed = containers.Where(entry => entry.Container is { CanBeAssumed: true, Knowledge: ForwardKnowledge.Printed })
            .Select(entry => entry.Container.GetName()).Distinct(StringComparer.Ordinal).ToArray();
        var problems = containers.Select(entry => ForwardObstacle.Find(entry.Container, entry.Path, classes, printed))
            .OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
        if (problems.Length > 0)
        {
            var more = problems.Skip(1).Take(MaximumNamed).Select(problem => $"  {problem}");
            throw new ModelException(ModelErrorIds.ModuleUnsupported, problems[0], innerException: null, more);
        }
    }

    // What a class of the user needs is its own affair; of layers it is known that they compute with all they have.
    private static void EnsureValues(List<(string Path, nn.Module Module)> found)
    {
        var missing = new List<string>();
        foreach (var (path, module) in found.Where(entry => IsLayer(entry.Module)))
        {
            foreach (var (name, parameter) in (IEnumerable<(string, TorchSharp.Modules.Parameter)>)ModuleInternals.Parameters(module))
            {
                Add(path, name, parameter);
            }

            foreach (var (name, (buffer, _)) in (IEnumerable<(string, (Tensor, bool))>)ModuleInternals.Buffers(module))
            {
                Add(path, name, buffer);
            }
        }

        if (missing.Count > 0)
        {
            var more = missing.Count > MaximumNamed ? $" and {missing.Count - MaximumNamed} more" : string.Empty;
            throw new ModelException(
                ModelErrorIds.ValuesMissing,
                $"The module cannot run: it has no values for {string.Join(", ", missing.Take(MaximumNamed).Select(DisplayText.Name))}{more}. "
                + "Load them with Import-ModelLowMemory; its -InitializeMissing gives what a checkpoint does not have the initial values of its layer.");
        }

        void Add(string path, string name, Tensor? tensor)
        {
            if (tensor?.IsInvalid == true)
            {
                throw new ModelException(
                    ModelErrorIds.ModuleInvalid,
                    $"The module cannot run: '{DisplayText.Name(ModuleTree.Join(path, name))}' has been disposed of. Create the module again. "
                    + "Move-ModuleToMeta frees the memory of a module that is to be used again.");
            }

            if (tensor is { device_type: DeviceType.META } && tensor.numel() > 0)
            {
                missing.Add(ModuleTree.Join(path, name));
            }
        }
    }

    private static bool IsLayer(nn.Module module) =>
        module.GetType().Assembly == typeof(nn.Module).Assembly || module.GetType().Assembly == typeof(ForwardPass).Assembly;
}

using System.Globalization;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;
using LowMem.Loader.Import.Keys;
using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.FromCheckpoint;

/// <summary>Builds the tree of modules that the keys of a checkpoint describe.</summary>
internal static class CheckpointSkeleton
{
    // TorchSharp walks modules by recursion; no model is nested like this, but a file can say anything.
    private const int MaximumDepth = 200;
    private const int MaximumNamed = 10;

    public static ModuleContainer Build(CheckpointPart part, CancellationToken cancellationToken)
    {
        var (checkpoint, start) = (part.Checkpoint, part.Prefix);
        var tensors = checkpoint.Tensors.Where(tensor => tensor.Key.StartsWith(start, StringComparison.Ordinal)).ToArray();
        if (tensors.Length == 0)
        {
            throw Invalid(checkpoint, KeyPrefix.DescribeAbsent(checkpoint.Tensors, start));
        }

        if (tensors.Where(tensor => FindProblem(tensor, start) is not null).Take(MaximumNamed).ToArray() is { Length: > 0 } bad)
        {
            throw Invalid(
                checkpoint,
                "a module cannot hold "
                + string.Join("; ", bad.Select(tensor => $"'{DisplayText.Name(tensor.Key)}': {FindProblem(tensor, start)}"))
                + ". Leave it out, name the sub-dictionary that holds the weights as the prefix, or build the skeleton from code.");
        }

        using var noGradient = no_grad();
        var root = new ModuleContainer(nameof(ModuleContainer), ForwardKnowledge.Stored);
        var containers = new Dictionary<string, ModuleContainer>(StringComparer.Ordinal) { [string.Empty] = root };
        var made = new CheckpointTensors();
        foreach (var tensor in tensors)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (path, name) = Split(tensor.Key[start.Length..]);
            GetContainer(containers, path).AddParameter(name, made.Create(tensor, name));
        }

        return root;
    }

    /// <summary>Splits a key into the path of the module and the name inside it, so that joining gives the key again.</summary>
    internal static (string Path, string Name) Split(string key)
    {
        // A module cannot have an empty name, a parameter can have any: "a..b" is ".b" in "a".
        var end = -1;
        for (var dot = key.IndexOf('.', StringComparison.Ordinal); dot > end + 1; dot = key.IndexOf('.', dot + 1))
        {
            end = dot;
        }

        return end < 0 ? (string.Empty, key) : (key[..end], key[(end + 1)..]);
    }

    private static ModuleContainer GetContainer(Dictionary<string, ModuleContainer> containers, string path)
    {
        // Upwards to a container that is there, then down again: paths share all but their ends.
        var missing = new Stack<string>();
        ModuleContainer? container;
        while (!containers.TryGetValue(path, out container))
        {
            missing.Push(path);
            path = path.LastIndexOf('.') is >= 0 and var dot ? path[..dot] : string.Empty;
        }

        while (missing.TryPop(out var next))
        {
            var child = new ModuleContainer(nameof(ModuleContainer), ForwardKnowledge.Stored);
            container.Add(next[(next.LastIndexOf('.') + 1)..], child);
            containers.Add(next, child);
            container = child;
        }

        return container;
    }

    private static string? FindProblem(TensorInfo tensor, string prefix)
    {
        if (CheckpointTensors.FindProblem(tensor) is { } problem)
        {
            return problem;
        }

        var depth = tensor.Key.AsSpan(prefix.Length).Count('.');
        return depth > MaximumDepth
            ? string.Create(CultureInfo.InvariantCulture, $"its name is {depth} levels deep; at most {MaximumDepth} are taken")
            : null;
    }

    private static ModelException Invalid(Checkpoint checkpoint, string problem) =>
        new(ModelErrorIds.SkeletonInvalid, $"{checkpoint.Path}: {problem}");
}

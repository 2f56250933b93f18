using System.Globalization;
using LowMem.Checkpoints;
using LowMem.Loader.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons;

/// <summary>Builds the tree of modules that the keys of a checkpoint describe.</summary>
internal static class CheckpointSkeleton
{
    // TorchSharp walks modules by recursion; no model is nested like this, but a file can say anything.
    private const int MaximumDepth = 200;
    private const int MaximumNamed = 10;

    // Batch norms keep these beside their parameters. They are floating point, and yet not learned.
    private static readonly string[] BufferNames = ["running_mean", "running_var"];

    public static ModuleContainer Build(Checkpoint checkpoint, string? prefix, CancellationToken cancellationToken)
    {
        var start = prefix is null
            ? StateDictPrefix.Find(checkpoint)
            : StateDictPrefix.Normalize(prefix);
        var tensors = checkpoint.Tensors.Where(tensor => tensor.Key.StartsWith(start, StringComparison.Ordinal)).ToArray();
        if (tensors.Length == 0)
        {
            throw Invalid(checkpoint, DescribeEmpty(checkpoint, start));
        }

        if (tensors.Where(tensor => FindProblem(tensor, start) is not null).Take(MaximumNamed).ToArray() is { Length: > 0 } bad)
        {
            throw Invalid(
                checkpoint,
                "a module cannot hold "
                + string.Join("; ", bad.Select(tensor => $"'{tensor.Key}': {FindProblem(tensor, start)}"))
                + ". Name the sub-dictionary that holds the weights as the prefix, or build the skeleton from code.");
        }

        using var noGradient = no_grad();
        var root = new ModuleContainer();
        var containers = new Dictionary<string, ModuleContainer>(StringComparer.Ordinal) { [string.Empty] = root };
        var shared = new Dictionary<TensorPlace, Tensor>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!keys.Add(tensor.Key))
            {
                throw Invalid(checkpoint, $"the key '{tensor.Key}' is there twice. Name the sub-dictionary that is meant as the prefix.");
            }

            var (path, name) = Split(tensor.Key[start.Length..]);
            GetContainer(containers, path).AddParameter(name, CreateTensor(tensor, name, shared));
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
            var child = new ModuleContainer();
            container.Add(next[(next.LastIndexOf('.') + 1)..], child);
            containers.Add(next, child);
            container = child;
        }

        return container;
    }

    private static Tensor CreateTensor(TensorInfo info, string name, Dictionary<TensorPlace, Tensor> shared)
    {
        var type = ScalarTypes.Find(info.DType)!.Value;
        var isParameter = DType.Get(info.DType).Kind is DTypeKind.Floating or DTypeKind.Complex && !BufferNames.Contains(name);
        if (info.StorageKey is null || info.ElementCount == 0)
        {
            return Create();
        }

        // Two keys of one tensor in the file are one tensor in the module: it is loaded once.
        var layout = $"{info.DType} {string.Join(',', info.Shape)} {string.Join(',', info.Stride)}";
        var place = new TensorPlace(info.Path, info.StorageKey, info.Offset, layout, isParameter);
        if (!shared.TryGetValue(place, out var tensor))
        {
            shared.Add(place, tensor = Create());
        }

        return tensor;

        Tensor Create()
        {
            var meta = empty(info.Shape, dtype: type, device: META);
            return (isParameter ? new Parameter(meta) : meta).DetachFromDisposeScope();
        }
    }

    private static string? FindProblem(TensorInfo tensor, string prefix)
    {
        if (tensor.Layout != TensorLayouts.Strided)
        {
            return $"its layout is {tensor.Layout}, not dense";
        }

        if (ScalarTypes.Find(tensor.DType) is null)
        {
            return $"libtorch has no element type {tensor.DType}";
        }

        if (DType.Find(tensor.DType)?.Kind is DTypeKind.Quantized)
        {
            return $"its element type {tensor.DType} is quantized";
        }

        var depth = tensor.Key.AsSpan(prefix.Length).Count('.');
        return depth > MaximumDepth
            ? string.Create(CultureInfo.InvariantCulture, $"its name is {depth} levels deep; at most {MaximumDepth} are taken")
            : null;
    }

    private static string DescribeEmpty(Checkpoint checkpoint, string prefix)
    {
        if (checkpoint.Tensors.Count == 0)
        {
            return "there are no tensors in it.";
        }

        var tops = checkpoint.Tensors.Select(tensor => tensor.Key.Split('.')[0]).Distinct().Take(MaximumNamed);
        return $"no key begins with '{prefix}'. The keys begin with: {string.Join(", ", tops)}.";
    }

    private readonly record struct TensorPlace(string Path, string StorageKey, long Offset, string Layout, bool IsParameter);

    private static ModelException Invalid(Checkpoint checkpoint, string problem) =>
        new(ModelErrorIds.SkeletonInvalid, $"{checkpoint.Path}: {problem}");
}

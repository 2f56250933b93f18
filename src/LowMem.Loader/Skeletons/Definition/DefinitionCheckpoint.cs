using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Loader.Import.Keys;
using LowMem.Loader.Modules;
using LowMem.Loader.Skeletons.Containers;
using LowMem.Loader.Skeletons.Definition.Text;
using LowMem.Loader.Skeletons.FromCheckpoint;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Definition;

/// <summary>What a checkpoint adds to a definition: tensors the text does not show, sizes it leaves out, and ties.</summary>
internal sealed class DefinitionCheckpoint
{
    private readonly Checkpoint checkpoint;
    private readonly string prefix;
    private readonly Dictionary<string, TensorInfo> byKey = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(string Name, TensorInfo Info)>> byPath = new(StringComparer.Ordinal);
    private readonly CheckpointTensors made = new();

    private DefinitionCheckpoint(CheckpointPart part)
    {
        checkpoint = part.Checkpoint;
        prefix = part.Prefix;
        foreach (var tensor in checkpoint.Tensors.Where(tensor => tensor.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            var key = tensor.Key[prefix.Length..];
            if (byKey.TryAdd(key, tensor))
            {
                var (path, name) = CheckpointSkeleton.Split(key);
                if (!byPath.TryGetValue(path, out var own))
                {
                    byPath.Add(path, own = []);
                }

                own.Add((name, tensor));
            }
        }
    }

    /// <summary>Takes the tensors of a checkpoint that belong to a definition.</summary>
    /// <param name="checkpoint">The checkpoint; none of its data is read.</param>
    /// <param name="prefix">The sub-dictionary that holds the weights, or null to find it.</param>
    /// <param name="root">The root of the definition.</param>
    /// <param name="onLoss">Told what is missing from the checkpoint; null when nothing may be.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="CheckpointException">A part of the checkpoint is missing or at fault.</exception>
    /// <exception cref="ModelException">A key is there twice.</exception>
    public static DefinitionCheckpoint Take(
        Checkpoint checkpoint, string? prefix, DefinitionNode root, Action<CheckpointLoss>? onLoss, CancellationToken cancellationToken)
    {
        prefix ??= StateDictPrefix.Find(
            [.. checkpoint.WithoutAttributes().Tensors.Select(tensor => tensor.Key)],
            root.Children.SelectMany(child => child.Names).ToHashSet(StringComparer.Ordinal));
        return new DefinitionCheckpoint(CheckpointPart.Take(checkpoint, prefix, onLoss, cancellationToken));
    }

    /// <summary>The shape of a tensor of a module, or null when it is not there.</summary>
    public long[]? FindShape(string path, string name) => byKey.GetValueOrDefault(ModuleTree.Join(path, name))?.Shape;

    /// <summary>Gives a module that is no known layer the tensors that the checkpoint has for it, and no child of it.</summary>
    /// <exception cref="ModelException">A module cannot hold one of them.</exception>
    public void AddDirect(ModuleContainer container, string path)
    {
        foreach (var (name, info) in byPath.GetValueOrDefault(path, []))
        {
            if (container.HasTensor(name) || container.FindChild(name) is not null)
            {
                continue;
            }

            if (CheckpointTensors.FindProblem(info) is { } problem)
            {
                throw new ModelException(
                    ModelErrorIds.SkeletonInvalid, $"{checkpoint.Path}: a module cannot hold '{DisplayText.Name(info.Key)}': {problem}.");
            }

            container.AddParameter(name, made.Create(info, name));
        }
    }

    /// <summary>Makes what is one tensor in the checkpoint one tensor in the module.</summary>
    /// <param name="root">The whole module.</param>
    /// <exception cref="ModelException">No key of the module is in the checkpoint: they do not belong together.</exception>
    public void Tie(nn.Module root)
    {
        var entries = ModuleTree.GetParameters(root);
        var first = new Dictionary<(TensorTie, ScalarType), ModuleParameter>();
        var found = 0;
        foreach (var entry in entries)
        {
            if (!byKey.TryGetValue(entry.Key, out var info))
            {
                continue;
            }

            found++;
            var tie = (new TensorTie(TensorIdentity.OfView(info), !entry.IsBuffer), entry.Tensor.dtype);
            if (info.Shape.AsSpan().SequenceEqual(entry.Shape) && !first.TryAdd(tie, entry))
            {
                ParameterBinder.Point(entry.Tensor, first[tie].Tensor);
            }
        }

        if (found == 0 && entries.Count > 0)
        {
            throw new ModelException(ModelErrorIds.SkeletonInvalid, DescribeMisfit(entries[0].Key));
        }
    }

    private string DescribeMisfit(string example) =>
        $"{checkpoint.Path}: none of the keys{(prefix.Length == 0 ? string.Empty : $" under '{DisplayText.Name(prefix)}'")} is one of the model that the text "
        + $"describes, such as '{DisplayText.Name(example)}'; the checkpoint has {(checkpoint.Tensors.Count == 0 ? "no tensors" : $"'{DisplayText.Name(checkpoint.Tensors[0].Key)}'")}. "
        + "Give the checkpoint of this model, and the part of its keys that the text has not as -Prefix.";
}

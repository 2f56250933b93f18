using System.Globalization;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Exploring;

/// <summary>Tensors of a checkpoint that have something in common.</summary>
public sealed record TensorGroup
{
    /// <summary>What they have in common: <c>model.layers.*.mlp</c>, <c>bfloat16</c>, <c>[4096, 4096]</c>, a path, or a storage's name.</summary>
    public required string Name { get; init; }

    /// <summary>What <see cref="Name"/> is.</summary>
    public required TensorGrouping Grouping { get; init; }

    /// <summary>How many tensors there are.</summary>
    public required int TensorCount { get; init; }

    /// <summary>The number of elements of all of them; those that several share count once.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>
    /// The bytes of the storages that they cover, and what no tensor of the checkpoint covers of these; what several share counts once.
    /// </summary>
    public required long ByteLength { get; init; }

    /// <summary>
    /// The part of the checkpoint's bytes that this is, from 0 to 1. Those of several groups can come to more than 1 together when they
    /// share storages.
    /// </summary>
    public required double Share { get; init; }

    /// <summary>How many tensors there are of each element type.</summary>
    public required IReadOnlyDictionary<string, long> DTypes { get; init; }

    /// <summary>The keys of the tensors.</summary>
    public required string[] Keys { get; init; }

    /// <summary>The path of the checkpoint that was asked for.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>One line for a log, harmless whatever the keys are.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{DisplayText.Name(Name)}: {TensorCount} tensors, {ByteLength} bytes");

    /// <summary>Puts the tensors of a checkpoint together, the largest group first.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="grouping">By what.</param>
    /// <param name="depth">How many names of a module count; null for all of them.</param>
    public static IReadOnlyList<TensorGroup> Of(Checkpoint checkpoint, TensorGrouping grouping, int? depth = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var groups = new OrderedDictionary<(string Path, string Name), List<TensorInfo>>();
        foreach (var tensor in checkpoint.Tensors)
        {
            foreach (var id in GetIds(tensor, grouping, depth))
            {
                if (!groups.TryGetValue(id, out var tensors))
                {
                    groups.Add(id, tensors = []);
                }

                // A tensor that is made of several parts may have them in one storage.
                if (tensors.Count == 0 || !ReferenceEquals(tensors[^1], tensor))
                {
                    tensors.Add(tensor);
                }
            }
        }

        var storages = new StorageBytes(checkpoint.Tensors);
        return
        [
            .. groups.Where(group => grouping != TensorGrouping.Storage || group.Value.Count > 1)
                .Select(group => Describe(checkpoint, grouping, group.Key.Name, group.Value, storages))
                .OrderByDescending(group => group.ByteLength)
                .ThenBy(group => group.Name, Checkpoints.Keys.NaturalOrder.Instance),
        ];
    }

    private static IEnumerable<(string Path, string Name)> GetIds(TensorInfo tensor, TensorGrouping grouping, int? depth) => grouping switch
    {
        TensorGrouping.Module => [(string.Empty, GetModule(tensor.Key, depth))],
        TensorGrouping.DType => [(string.Empty, tensor.DType)],
        TensorGrouping.Shape => [(string.Empty, $"[{string.Join(", ", tensor.Shape)}]")],

        // What lies in several files, such as a tensor of a distributed checkpoint, counts in the first.
        TensorGrouping.File => [(string.Empty, tensor.Path)],
        TensorGrouping.Storage => tensor.GetParts().Where(part => part.StorageKey is not null).Select(part => (part.Path, part.StorageKey!)),
        _ => throw new ArgumentOutOfRangeException(nameof(grouping)),
    };

    private static string GetModule(string key, int? depth)
    {
        string[] names = CheckpointTree.Split(key);
        int length = Math.Min(depth ?? int.MaxValue, names.Length - 1);
        return string.Join('.', names.Take(length).Select(name => FoldedKey.GetNumber(name) is null ? name : FoldedKey.Star));
    }

    private static TensorGroup Describe(Checkpoint checkpoint, TensorGrouping grouping, string name, List<TensorInfo> tensors, StorageBytes storages)
    {
        var figures = TensorFigures.Of(tensors, storages);
        return new TensorGroup
        {
            Name = name,
            Grouping = grouping,
            TensorCount = tensors.Count,
            ParameterCount = figures.ParameterCount,
            ByteLength = figures.ByteLength,
            Share = storages.GetShare(figures.ByteLength),
            DTypes = figures.DTypes,
            Keys = [.. tensors.Select(tensor => tensor.Key)],
            Checkpoint = checkpoint.Path,
        };
    }
}

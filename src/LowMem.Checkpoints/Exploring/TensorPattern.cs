using System.Globalization;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Exploring;

/// <summary>Tensors of one type and shape whose keys differ in their numbers only: <c>layers.*.attn.q.weight</c>.</summary>
public sealed record TensorPattern
{
    /// <summary>The key with a star for each number. As a wildcard, it matches the keys of all these tensors.</summary>
    public required string Pattern { get; init; }

    /// <summary>How many tensors there are.</summary>
    public required int Count { get; init; }

    /// <summary>The element type of each of them.</summary>
    public required string DType { get; init; }

    /// <summary>The shape of each of them.</summary>
    public required long[] Shape { get; init; }

    /// <summary>Which numbers stand at each star, such as <c>0..31</c> or <c>0..2, 4..31</c>; none when there is no star.</summary>
    public required string[] Numbers { get; init; }

    /// <summary>The number of elements of all of them; those that several share count once.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>
    /// The bytes of the storages that they cover, and what no tensor of the checkpoint covers of these; what several share counts once.
    /// </summary>
    public required long ByteLength { get; init; }

    /// <summary>The part of the checkpoint's bytes that this is, from 0 to 1.</summary>
    public required double Share { get; init; }

    /// <summary>The path of the checkpoint that was asked for.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>One line for a log, harmless whatever the keys are.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{DisplayText.Name(Pattern)}  {Count} x [{string.Join(", ", Shape)}] {DType}");

    /// <summary>
    /// The patterns of a checkpoint in the order in which their first tensors come. One whose tensors have several types or shapes comes
    /// once for each of them.
    /// </summary>
    /// <param name="checkpoint">The checkpoint.</param>
    public static IReadOnlyList<TensorPattern> Of(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var groups = new OrderedDictionary<(string Pattern, string DType, string Shape), Group>();
        foreach (var tensor in checkpoint.Tensors)
        {
            var folded = FoldedKey.Of(tensor.Key);
            var id = (folded.Pattern, tensor.DType, string.Join(',', tensor.Shape));
            if (!groups.TryGetValue(id, out var group))
            {
                groups.Add(id, group = new Group([], [.. folded.Numbers.Select(_ => new List<long>())]));
            }

            group.Tensors.Add(tensor);
            for (int i = 0; i < folded.Numbers.Count; i++)
            {
                group.Numbers[i].Add(folded.Numbers[i]);
            }
        }

        var storages = new StorageBytes(checkpoint.Tensors);
        return [.. groups.Select(group => Describe(checkpoint, group.Key.Pattern, group.Value, storages))];
    }

    private static TensorPattern Describe(Checkpoint checkpoint, string pattern, Group group, StorageBytes storages)
    {
        var figures = TensorFigures.Of(group.Tensors, storages);
        return new TensorPattern
        {
            Pattern = pattern,
            Count = group.Tensors.Count,
            DType = group.Tensors[0].DType,
            Shape = group.Tensors[0].Shape,
            Numbers = [.. group.Numbers.Select(NumberRanges.Of)],
            ParameterCount = figures.ParameterCount,
            ByteLength = figures.ByteLength,
            Share = storages.GetShare(figures.ByteLength),
            Checkpoint = checkpoint.Path,
        };
    }

    private sealed record Group(List<TensorInfo> Tensors, List<long>[] Numbers);
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Sharding;
using LowMem.Checkpoints.Values.Elements;

namespace LowMem.Checkpoints.Conversion;

/// <summary>A tensor that is written.</summary>
/// <param name="Key">Its key in the output.</param>
/// <param name="Tensor">The tensor.</param>
/// <param name="Type">Its type in the output.</param>
/// <param name="Numbers">Where its numbers come from when they are not its elements; else null.</param>
internal sealed record SelectedTensor(string Key, TensorInfo Tensor, DType Type, ITensorNumbers? Numbers)
{
    public bool IsCast => Numbers is not null || Type.Name != Tensor.DType;

    public long[] Shape => Numbers?.Shape ?? Tensor.Shape;
}

/// <summary>Chooses what of a checkpoint is written, and under which keys, by the rules of an import.</summary>
internal static class TensorSelection
{
    /// <exception cref="CheckpointException">No key has the prefix, or two tensors have one key.</exception>
    /// <exception cref="KeyMapException">Two keys get one name.</exception>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="options">What is chosen.</param>
    /// <param name="shard">The shard of it that is written; null when that is all.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public static List<SelectedTensor> Select(Checkpoint checkpoint, ConversionOptions options, out ShardPlan? shard, CancellationToken cancellationToken)
    {
        string prefix = KeyPrefix.Normalize(options.Prefix ?? string.Empty);
        if (prefix.Length > 0 && !checkpoint.Tensors.Any(tensor => tensor.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            throw new CheckpointException(
                CheckpointErrorIds.ConversionUnsupported, checkpoint.Path, KeyPrefix.DescribeAbsent(checkpoint.Tensors, prefix));
        }

        var selected = new List<SelectedTensor>();
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tensor in checkpoint.Tensors)
        {
            if (!IsChosen(tensor.Key, options))
            {
                continue;
            }

            var numbers = options.Numbers?.Invoke(tensor);
            if (GetKey(numbers?.Key ?? tensor.Key, prefix, options) is not { } key)
            {
                continue;
            }

            if (!taken.TryAdd(key, tensor.Key))
            {
                if (taken[key] == tensor.Key)
                {
                    throw new CheckpointException(
                        CheckpointErrorIds.ConversionUnsupported,
                        checkpoint.Path,
                        $"Several tensors have the key '{DisplayText.Name(key)}', and what is written has each key once. Leave the key out with -Exclude.");
                }

                throw new KeyMapException(
                    $"{checkpoint.Path}: '{DisplayText.Name(taken[key])}' and '{DisplayText.Name(tensor.Key)}' both become '{DisplayText.Name(key)}'. "
                    + "Map one of them to another name, or leave it out.");
            }

            selected.Add(Describe(key, tensor, numbers, options));
        }

        // What others are made of is in them.
        var used = selected.SelectMany(tensor => tensor.Numbers?.Keys ?? []).ToHashSet(StringComparer.Ordinal);
        selected.RemoveAll(tensor => tensor.Numbers is null && used.Contains(tensor.Tensor.Key));
        shard = options is { Shard: { } number, ShardRules: { } rules }
            ? ShardPlan.Create(
                checkpoint,
                number,
                rules,
                [.. selected.Select(tensor => new ShardedKey(tensor.Key, tensor.Tensor) { NumberShape = tensor.Numbers?.Shape })],
                [.. checkpoint.Tensors.Select(tensor => GetName(options.Numbers?.Invoke(tensor)?.Key ?? tensor.Key, prefix, options)).OfType<string>()],
                cancellationToken)
            : null;
        return shard is { } plan ? selected.ConvertAll(tensor => Split(tensor, plan)) : selected;
    }

    private static SelectedTensor Split(SelectedTensor tensor, ShardPlan plan) => tensor.Numbers is not { } numbers
        ? tensor with { Tensor = plan.Take(tensor.Tensor) }
        : plan.FindRange(tensor.Tensor) is { } range ? tensor with { Numbers = numbers.Narrow(range.Dimension, range.Start, range.Length) } : tensor;

    /// <summary>Whether a key of the checkpoint is one of those that were named, if any were.</summary>
    public static bool IsChosen(string key, ConversionOptions options) => options.Keys?.Contains(key) != false;

    /// <summary>What a key becomes; null when it is left out.</summary>
    public static string? GetKey(string key, string prefix, ConversionOptions options) =>
        GetName(key, prefix, options) is { } name && options.Filter?.Includes(name) != false ? name : null;

    /// <summary>The same for a key that may not be chosen.</summary>
    private static string? GetName(string key, string prefix, ConversionOptions options)
    {
        if (!key.StartsWith(prefix, StringComparison.Ordinal))
        {
            return null;
        }

        string? mapped = options.KeyMap is null ? key[prefix.Length..] : options.KeyMap.Map(key[prefix.Length..]);
        return options.KeyMap is not null && string.IsNullOrEmpty(mapped) ? null : mapped;
    }

    private static SelectedTensor Describe(string key, TensorInfo tensor, ITensorNumbers? numbers, ConversionOptions options)
    {
        var type = DType.Get(tensor.DType);
        bool isCast = options.Type is not null
            && (numbers is not null || (type.Kind == DTypeKind.Floating && type.BitSize >= 8 && type.Name != "float4_e2m1fn_x2" && ElementConverter.CanRead(type)));
        return new SelectedTensor(key, tensor, isCast ? options.Type! : numbers is null ? type : DType.Get("float32"), numbers);
    }
}

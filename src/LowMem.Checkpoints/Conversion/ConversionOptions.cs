using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Sharding;

namespace LowMem.Checkpoints.Conversion;

/// <summary>What a conversion changes.</summary>
public sealed record ConversionOptions
{
    /// <summary>The type that floating-point tensors are cast to; null to leave them as they are.</summary>
    public DType? Type { get; init; }

    /// <summary>Only what lies under it is taken, and it is left out of the keys; with or without its dot.</summary>
    public string? Prefix { get; init; }

    /// <summary>What the keys behind the prefix become; null to leave them as they are.</summary>
    public IKeyMap? KeyMap { get; init; }

    /// <summary>Which keys are taken, as they are in the end; null for all.</summary>
    public IKeyFilter? Filter { get; init; }

    /// <summary>The keys of the checkpoint that are taken, tensors and values, if those before take them as well; null for all.</summary>
    public IReadOnlySet<string>? Keys { get; init; }

    /// <summary>Free-form texts for the file; one that is null is left out. Only safetensors has a place for them.</summary>
    public IReadOnlyDictionary<string, string?> Metadata { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, string?>.Empty;

    /// <summary>The most bytes of tensors in one file; null to write one file. A tensor is never cut: one that is larger has its own.</summary>
    public long? MaxShardSize { get; init; }

    /// <summary>Whether tensors of codes with scales are written as the numbers that they stand for, as float32 or <see cref="Type"/>.</summary>
    public bool Dequantizes { get; init; }

    /// <summary>The share of each tensor that is written; null for all of it. Needs <see cref="ShardRules"/>.</summary>
    public ShardNumber? Shard { get; init; }

    /// <summary>How tensors are split, by the keys that are written; null when nothing is.</summary>
    public ShardRules? ShardRules { get; init; }

    /// <summary>Gives the numbers that a tensor stands for; null, or a null result, for the elements as they are.</summary>
    internal Func<TensorInfo, ITensorNumbers?>? Numbers { get; init; }
}

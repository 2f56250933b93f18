using LowMem.Checkpoints.Keys;

namespace LowMem.Checkpoints.Sharding;

/// <summary>Says of the keys that a pattern is for how their tensors are split.</summary>
/// <param name="Pattern">The pattern: the wildcards and regular expressions of a key map.</param>
/// <param name="Placement">What becomes of the tensors.</param>
public sealed record ShardRule(KeyRule Pattern, ShardPlacement Placement)
{
    /// <summary>Whether it is for what no other rule is for: the pattern <c>*</c>.</summary>
    internal bool IsRest => Pattern.Text == "*";

    /// <summary>Whether it is for a key.</summary>
    /// <exception cref="KeyMapException">The pattern takes too long.</exception>
    internal bool IsFor(string key) => Pattern.TryApply(key, out _);
}

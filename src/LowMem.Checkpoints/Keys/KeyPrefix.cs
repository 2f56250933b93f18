using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Keys;

/// <summary>What keys have in front: the name of a dict and its dot.</summary>
public static class KeyPrefix
{
    private const int MaxNamed = 10;

    /// <summary>Puts a prefix as the user wrote it, with or without its dot, into the form with the dot; empty stays empty.</summary>
    /// <param name="prefix">Such as <c>model_state_dict</c>.</param>
    public static string Normalize(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return prefix.Length == 0 || prefix.EndsWith('.') ? prefix : prefix + ".";
    }

    /// <summary>The first name of a key, with its dot; the whole key when there is none.</summary>
    /// <param name="key">The key.</param>
    public static ReadOnlySpan<char> GetTop(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.IndexOf('.', StringComparison.Ordinal) is >= 0 and var dot ? key.AsSpan(0, dot + 1) : key;
    }

    /// <summary>Says, for an error, what keys begin with when none begins with a prefix.</summary>
    /// <param name="tensors">The tensors there are.</param>
    /// <param name="prefix">What was looked for, with its dot.</param>
    public static string DescribeAbsent(IReadOnlyCollection<TensorInfo> tensors, string prefix)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        if (tensors.Count == 0)
        {
            return "there are no tensors in it.";
        }

        var tops = tensors.Select(tensor => GetTop(tensor.Key).ToString()).Distinct(StringComparer.Ordinal).ToList();
        var near = EditDistance.FindNearest(prefix, tops.Where(top => top.EndsWith('.')));
        string meant = near is null ? string.Empty : $" Did you mean '{DisplayText.Name(near)}'?";
        return $"no key of a tensor begins with '{DisplayText.Name(prefix)}'.{meant} Keys begin with: {DisplayText.Names(tops, MaxNamed)}.";
    }
}

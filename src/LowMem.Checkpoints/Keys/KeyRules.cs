using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Keys;

/// <summary>Renames keys by rules.</summary>
/// <param name="rules">The rules.</param>
/// <param name="areOrdered">
/// True to apply every rule that is for a key, in order, to what the ones before it have made of it. False when the rules
/// have no order: then at most one of them may be for a key.
/// </param>
public sealed class KeyRules(IReadOnlyList<KeyRule> rules, bool areOrdered = true) : IKeyMap
{
    /// <inheritdoc/>
    public string? Map(string key) => areOrdered ? ApplyInOrder(key) : ApplyTheOne(key);

    private string? ApplyInOrder(string key)
    {
        foreach (var rule in rules)
        {
            rule.TryApply(key, out var renamed);
            if (string.IsNullOrEmpty(renamed))
            {
                return null;
            }

            key = renamed;
        }

        return key;
    }

    private string? ApplyTheOne(string key)
    {
        KeyRule? applied = null;
        var result = key;
        foreach (var rule in rules)
        {
            if (!rule.TryApply(key, out var renamed))
            {
                continue;
            }

            if (applied is not null)
            {
                throw new KeyMapException(
                    $"Two rules of the key map, '{applied}' and '{rule}', are for '{DisplayText.Name(key)}', and the map has no order. "
                    + "Give it one: [ordered]@{ ... } in PowerShell.");
            }

            (applied, result) = (rule, renamed);
        }

        return result;
    }
}

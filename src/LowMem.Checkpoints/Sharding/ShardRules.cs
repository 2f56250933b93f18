using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;

namespace LowMem.Checkpoints.Sharding;

/// <summary>Says how the tensors of a model are split, by their keys.</summary>
public sealed class ShardRules
{
    private readonly IReadOnlyList<ShardRule> rules;
    private readonly bool areOrdered;
    private readonly bool isReady;

    /// <summary>Rules that somebody wrote.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="areOrdered">
    /// True when of several rules that are for a key the first one counts. False when they have no order: then they have to agree.
    /// In any case the rule <c>*</c> is for what no other is for.
    /// </param>
    /// <param name="next">Asked about keys that no rule here is for; null when nobody is.</param>
    public ShardRules(IReadOnlyList<ShardRule> rules, bool areOrdered, ShardRules? next = null)
        : this(rules, areOrdered, isReady: false)
    {
        Next = next;
    }

    internal ShardRules(IReadOnlyList<ShardRule> rules, bool areOrdered, bool isReady)
    {
        ArgumentNullException.ThrowIfNull(rules);
        this.rules = [.. rules.Where(rule => !rule.IsRest), .. rules.Where(rule => rule.IsRest)];
        this.areOrdered = areOrdered;
        this.isReady = isReady;
    }

    /// <summary>Asked about keys that no rule here is for; null when nobody is.</summary>
    public ShardRules? Next { get; private init; }

    /// <summary>The same rules, and others for keys that none of them is for.</summary>
    /// <param name="next">The others.</param>
    public ShardRules Before(ShardRules next) => new(rules, areOrdered, isReady) { Next = Next?.Before(next) ?? next };

    /// <summary>What becomes of the tensor of a key; null when no rule is for it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="problem">Why there is no answer although there are rules; or null.</param>
    /// <exception cref="KeyMapException">A pattern takes too long.</exception>
    internal ShardPlacement? Find(string key, out string? problem)
    {
        problem = null;
        ShardRule? found = null;
        foreach (var rule in rules)
        {
            if ((rule.IsRest && found is not null) || !rule.IsFor(key))
            {
                continue;
            }

            if (found is null)
            {
                found = rule;
                if (areOrdered)
                {
                    break;
                }
            }
            else if (found.Placement != rule.Placement)
            {
                problem = $"the rules '{DisplayText.Name(found.Pattern.Text)}' ({found.Placement}) and '{DisplayText.Name(rule.Pattern.Text)}' ({rule.Placement}) "
                    + "are both for it, and the table has no order. Give it one, [ordered]@{ ... }: then the first counts";
                return null;
            }
        }

        return found is null ? Next?.Find(key, out problem) : found.Placement;
    }

    /// <summary>The rules that somebody wrote and that are for none of the keys. Those that are ready are for many models.</summary>
    /// <param name="keys">The keys.</param>
    internal IEnumerable<string> FindUnused(IReadOnlyCollection<string> keys) =>
        (isReady ? [] : rules.Where(rule => !rule.IsRest && !keys.Any(rule.IsFor)).Select(rule => rule.Pattern.Text)).Concat(Next?.FindUnused(keys) ?? []);
}

using System.Collections;
using System.Globalization;
using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sharding;
using LowMem.PowerShell.Errors;

namespace LowMem.PowerShell.Pipeline;

/// <summary>What -Shard and -ShardRule ask for.</summary>
/// <param name="Shard">Which shard.</param>
/// <param name="Rules">How tensors are split.</param>
internal sealed record ShardArguments(ShardNumber Shard, ShardRules Rules)
{
    private const int MaxNamed = 10;

    /// <summary>Understands the two parameters; null when neither was given.</summary>
    /// <param name="shard">Such as <c>3/8</c>; null when it was not given.</param>
    /// <param name="rules">Names of ready rules and tables of patterns, asked one after the other; null when none was given.</param>
    /// <exception cref="RefusedException">One is missing, or makes no sense.</exception>
    public static ShardArguments? Create(string? shard, object[]? rules)
    {
        if (shard is null && rules is null)
        {
            return null;
        }

        if (shard is null || rules is null)
        {
            throw new RefusedException(shard is null
                ? ErrorRecords.ParameterMissing("ShardRule", "Shard")
                : ErrorRecords.ParameterMissing("Shard", "ShardRule"));
        }

        if (!ShardNumber.TryParse(shard, out var number, out string? problem))
        {
            throw new RefusedException(ErrorRecords.ShardInvalid(shard, problem));
        }

        ShardRules? all = null;
        foreach (object rule in rules)
        {
            var one = CreateRules(Unwrap(rule));
            all = all?.Before(one) ?? one;
        }

        return new ShardArguments(number, all ?? throw Refuse(rules, "-ShardRule has no rules."));
    }

    /// <summary>Says what a shard does not have.</summary>
    /// <param name="path">What was split.</param>
    /// <param name="shard">Which shard.</param>
    /// <param name="keys">What it has nothing of.</param>
    public static string DescribeEmpty(string path, string? shard, IReadOnlyCollection<string> keys) =>
        $"{path}: there are more shards than indices, and {shard} has nothing of {DisplayText.Names([.. keys.Select(key => $"'{key}'")], MaxNamed)}.";

    /// <summary>The plan in words, which -WhatIf shows.</summary>
    public static string Describe(ShardPlan plan) => string.Create(
        CultureInfo.InvariantCulture, $"shard {plan.Shard}: {plan.SplitCount} split{(plan.EmptyKeys.Count == 0 ? string.Empty : $" ({plan.EmptyKeys.Count} of them empty)")}, {plan.WholeCount} whole");

    private static ShardRules CreateRules(object? rule) => rule switch
    {
        string name => ReadyShardRules.Find(name) ?? throw Refuse(
            rule, $"there are no ready rules '{DisplayText.Name(name)}'. There are {string.Join(", ", ReadyShardRules.Names)}; others are written as a table, @{{ '*.q_proj.weight' = 0 }}."),

        // A hashtable keeps no order; [ordered] and the other dictionaries do.
        IDictionary { Count: > 0 } table => new ShardRules([.. table.Cast<DictionaryEntry>().Select(CreateRule)], areOrdered: table is not Hashtable),
        IDictionary => throw Refuse(rule, "the table has no rules."),
        _ => throw Refuse(rule, $"-ShardRule takes names of ready rules ({string.Join(", ", ReadyShardRules.Names)}) and tables such as @{{ '*.q_proj.weight' = 0; '*norm*' = 'Replicate' }}, and not a {rule?.GetType().Name ?? "null"}."),
    };

    private static ShardRule CreateRule(DictionaryEntry entry)
    {
        var pattern = KeyMapArgument.CreateRule(entry.Key, replacement: null)
            ?? throw Refuse(entry.Key, $"a rule {KeyMapArgument.DescribeNoPattern(entry.Key)}");
        return new ShardRule(pattern, CreatePlacement(pattern.Text, Unwrap(entry.Value)));
    }

    private static ShardPlacement CreatePlacement(string pattern, object? value)
    {
        string text = value is string or int or long or short or byte ? Convert.ToString(value, CultureInfo.InvariantCulture)!.Trim() : string.Empty;
        if (text.StartsWith("Shard(", StringComparison.OrdinalIgnoreCase) && text.EndsWith(')'))
        {
            text = text["Shard(".Length..^1];
        }

        return text.Equals(nameof(ShardPlacement.Replicate), StringComparison.OrdinalIgnoreCase) ? ShardPlacement.Replicate
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int dimension) ? new ShardPlacement(dimension)
            : throw Refuse(value, $"the rule '{DisplayText.Name(pattern)}' says '{DisplayText.Name($"{value}")}'. It is to say a dimension, from 0, or 'Replicate' for what every rank has whole.");
    }

    private static RefusedException Refuse(object? target, string problem) => new(ErrorRecords.ShardRuleInvalid(problem, target));

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}

using System.Collections;
using System.Management.Automation;
using System.Text.RegularExpressions;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;
using LowMem.Loader.Import.Keys;

namespace LowMem.PowerShell.Pipeline;

/// <summary>Makes a key map of what -KeyMap takes: a dictionary of rules, or a script block.</summary>
internal static class KeyMapArgument
{
    /// <summary>Whether it is something that <see cref="Create"/> takes.</summary>
    public static bool IsSupported(object argument) => Unwrap(argument) is IDictionary or ScriptBlock;

    /// <summary>Makes the map for one checkpoint. Runs a script block here, since no other thread may.</summary>
    /// <param name="argument">A dictionary of wildcards or regular expressions to replacements, or a script block.</param>
    /// <param name="checkpoint">The checkpoint whose keys are renamed.</param>
    /// <param name="prefix">What the user says the keys have in front, or null.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="KeyMapException">A rule makes no sense, or the script block fails.</exception>
    public static IKeyMap Create(object argument, Checkpoint checkpoint, string? prefix, CancellationToken cancellationToken) =>
        Unwrap(argument) is IDictionary rules
            ? CreateRules(rules)
            : RunScript((ScriptBlock)Unwrap(argument), checkpoint, prefix, cancellationToken);

    /// <summary>Makes the map, and warns when it leaves every key as it is: a rule with a slip in it looks just so.</summary>
    /// <param name="cmdlet">Warns.</param>
    /// <param name="argument">What -KeyMap was given, or null.</param>
    /// <param name="checkpoint">The checkpoint whose keys are renamed.</param>
    /// <param name="prefix">What is left out in front of the keys.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="KeyMapException">A rule makes no sense, or the script block fails.</exception>
    public static IKeyMap? CreateOrWarn(Cmdlet cmdlet, object? argument, Checkpoint checkpoint, string prefix, CancellationToken cancellationToken)
    {
        if (argument is null)
        {
            return null;
        }

        var map = Create(argument, checkpoint, prefix, cancellationToken);
        string start = KeyPrefix.Normalize(prefix);
        var keys = checkpoint.Tensors.Select(tensor => tensor.Key).Where(key => key.StartsWith(start, StringComparison.Ordinal)).ToList();
        if (keys.Count > 0 && keys.All(key => map.Map(key[start.Length..]) == key[start.Length..]))
        {
            cmdlet.WriteWarning(
                $"{checkpoint.Path}: -KeyMap changes none of its {keys.Count} keys, such as '{DisplayText.Name(keys[0][start.Length..])}'.");
        }

        return map;
    }

    /// <summary>A rule of what stands on the left in a table: a wildcard or a regular expression; null when it is neither.</summary>
    public static KeyRule? CreateRule(object pattern, string? replacement) => Unwrap(pattern) switch
    {
        Regex expression => KeyRule.FromRegex(expression, replacement),
        string { Length: > 0 } wildcard => KeyRule.FromWildcard(wildcard, replacement),
        _ => null,
    };

    /// <summary>What is wrong with something on the left that is no pattern.</summary>
    public static string DescribeNoPattern(object pattern) =>
        $"has the key '{DisplayText.Name(Unwrap(pattern).ToString())}' ({Unwrap(pattern).GetType().Name}). Use text with wildcards, or a [regex].";

    private static KeyRules CreateRules(IDictionary table)
    {
        var rules = new List<KeyRule>(table.Count);
        foreach (DictionaryEntry entry in table)
        {
            string? replacement = entry.Value is null ? null : LanguagePrimitives.ConvertTo<string>(entry.Value);
            rules.Add(CreateRule(entry.Key, replacement) ?? throw new KeyMapException($"A rule of the key map {DescribeNoPattern(entry.Key)}"));
        }

        // A hashtable keeps no order; [ordered] and the other dictionaries do.
        return new KeyRules(rules, areOrdered: table is not Hashtable);
    }

    private static KeyTable RunScript(ScriptBlock script, Checkpoint checkpoint, string? prefix, CancellationToken cancellationToken)
    {
        string start = KeyPrefix.Normalize(prefix ?? StateDictPrefix.Find(checkpoint));
        var table = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var tensor in checkpoint.Tensors.Where(tensor => tensor.Key.StartsWith(start, StringComparison.Ordinal)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            string key = tensor.Key[start.Length..];
            table[key] = RunScript(script, key);
        }

        return new KeyTable(table);
    }

    private static string? RunScript(ScriptBlock script, string key)
    {
        try
        {
            var results = script.InvokeWithContext([], [new PSVariable("_", key)], []);
            return results.Count switch
            {
                0 => null,
                1 => results[0] is null ? null : LanguagePrimitives.ConvertTo<string>(results[0]),
                _ => throw new KeyMapException(
                    $"The script block of the key map gives {results.Count} values for '{DisplayText.Name(key)}'. It is to give one key, or nothing."),
            };
        }
        catch (RuntimeException error) when (error is not PipelineStoppedException)
        {
            throw new KeyMapException(
                $"The script block of the key map fails for '{DisplayText.Name(key)}': {error.Message}", error);
        }
    }

    private static object Unwrap(object value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}

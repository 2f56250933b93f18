using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LowMem.Checkpoints;

namespace LowMem.PowerShell.Completion;

/// <summary>Completes -Key with the keys of the checkpoint that -Path or -LiteralPath names.</summary>
public sealed class CheckpointKeyCompleter : IArgumentCompleter
{
    private const int MaxResults = 500;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        string word = (wordToComplete ?? string.Empty).Trim('\'', '"');
        var pattern = WildcardPattern.Get(word + "*", WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        return Keys(fakeBoundParameters)
            .Where(pattern.IsMatch)
            .Distinct(StringComparer.Ordinal)
            .Take(MaxResults)
            .Select(key => new CompletionResult(Quote(key), key, CompletionResultType.ParameterValue, key));
    }

    private static IEnumerable<string> Keys(IDictionary parameters)
    {
        object? paths = parameters["Path"] ?? parameters["LiteralPath"];
        IEnumerable<object?> each = paths as object?[] ?? [paths];
        foreach (object? path in each)
        {
            if (path?.ToString() is { Length: > 0 } text && TryOpen(text) is { } checkpoint)
            {
                foreach (var tensor in checkpoint.Tensors)
                {
                    yield return tensor.Key;
                }
            }
        }
    }

    /// <summary>While somebody types there is nobody to show an error to: no checkpoint, no completions.</summary>
    private static Checkpoint? TryOpen(string path)
    {
        try
        {
            using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
            string resolved = shell
                .AddScript("param($path) $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($path)", useLocalScope: true)
                .AddArgument(path)
                .Invoke<string>()
                .Single();
            return Checkpoint.Open(resolved);
        }
        catch (Exception exception) when (exception is CheckpointException or RuntimeException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string Quote(string key) =>
        key.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-')
            ? key
            : $"'{CodeGeneration.EscapeSingleQuotedStringContent(key)}'";
}

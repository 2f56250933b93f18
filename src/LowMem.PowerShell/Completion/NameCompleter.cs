using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.PowerShell.Completion;

/// <summary>What the completers share: names that begin with what was typed, quoted where PowerShell needs it.</summary>
public abstract class NameCompleter : IArgumentCompleter
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
        return GetNames(PipelinePaths.AddTo(commandAst, fakeBoundParameters))
            .Where(pattern.IsMatch)
            .Distinct(StringComparer.Ordinal)
            .Take(MaxResults)
            .Where(name => TakesWildcards || DisplayText.IsHarmless(name))
            .Select(name => new CompletionResult(
                Quote(Harmless(name)), DisplayText.Name(name), CompletionResultType.ParameterValue, DisplayText.Name(name)));
    }

    /// <summary>Whether the parameter takes wildcards. If not, a name that cannot be shown is not offered.</summary>
    protected virtual bool TakesWildcards => true;

    /// <summary>All names there are, in the order to show them.</summary>
    /// <param name="parameters">The other parameters, as far as they can be told before the command runs.</param>
    protected abstract IEnumerable<string> GetNames(IDictionary parameters);

    // The '?' that stands for what cannot be shown is the wildcard that matches it.
    private static string Harmless(string name) =>
        DisplayText.IsHarmless(name) ? name : DisplayText.Clean(WildcardPattern.Escape(name), int.MaxValue);

    private static string Quote(string name) =>
        name.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-')
            ? name
            : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";
}

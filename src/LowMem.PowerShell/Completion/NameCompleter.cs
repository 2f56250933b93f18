using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.PowerShell.Views;

namespace LowMem.PowerShell.Completion;

/// <summary>What the completers share: names that begin with what was typed, quoted where PowerShell needs it.</summary>
public abstract class NameCompleter : IArgumentCompleter
{
    private const int MaxResults = 500;

    private const string Special = "*?[]`";

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
        var isMatch = GetMatcher(word);
        return GetCandidates(LiteralAddresses.Only(commandAst, PipelinePaths.AddTo(commandAst, fakeBoundParameters)))
            .Where(candidate => isMatch(candidate.Name))
            .DistinctBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Take(MaxResults)
            .Where(candidate => TakesWildcards || DisplayText.IsHarmless(candidate.Name))
            .Select(candidate => new CompletionResult(
                Quote(Harmless(candidate.Name)), NonEmpty(DisplayText.Name(candidate.Name)), CompletionResultType.ParameterValue, Describe(candidate)));
    }

    /// <summary>Whether the parameter takes wildcards. If not, a name that cannot be shown is not offered.</summary>
    protected virtual bool TakesWildcards => true;

    /// <summary>All names there are, in the order to show them.</summary>
    /// <param name="parameters">The other parameters, as far as they can be told before the command runs.</param>
    protected abstract IEnumerable<string> GetNames(IDictionary parameters);

    /// <summary>The same with what is known of each name.</summary>
    /// <param name="parameters">The other parameters, as far as they can be told before the command runs.</param>
    protected virtual IEnumerable<CompletionCandidate> GetCandidates(IDictionary parameters) => GetNames(parameters).Select(name => new CompletionCandidate(name));

    // Most of what is typed is no pattern: of a hundred thousand names, their beginnings are compared in a fraction of the time.
    private static Func<string, bool> GetMatcher(string word) => word.AsSpan().ContainsAny(Special)
        ? WildcardPattern.Get(word + "*", WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant).IsMatch
        : name => name.StartsWith(word, StringComparison.OrdinalIgnoreCase);

    // Only those that are offered are looked at: there may be a hundred thousand others.
    private static string Describe(CompletionCandidate candidate) => candidate.Tensors is { } tensors
        ? $"{DisplayText.Name(candidate.Name)}  {Describe(tensors[candidate.Index])}"
        : NonEmpty(DisplayText.Name(candidate.Name));

    private static string Describe(TensorInfo tensor) => $"[{string.Join(", ", tensor.Shape)}] {tensor.DType}  {ByteSize.Format(tensor.ByteLength)}";

    // PowerShell takes no results without a text.
    private static string NonEmpty(string text) => text.Length == 0 ? "''" : text;

    // The '?' that stands for what cannot be shown is the wildcard that matches it.
    private static string Harmless(string name) =>
        DisplayText.IsHarmless(name) ? name : DisplayText.Clean(WildcardPattern.Escape(name), int.MaxValue);

    private static string Quote(string name) =>
        name.Length > 0 && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-')
            ? name
            : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";
}

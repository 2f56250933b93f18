using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Archives;

namespace LowMem.PowerShell.Completion;

/// <summary>
/// Completes names in an archive, behind <c>archive.zip!/</c>. Of any other text it says nothing, so that PowerShell
/// completes paths as always.
/// </summary>
public sealed class ArchiveMemberCompleter : IArgumentCompleter
{
    private const int MaxResults = 500;

    /// <summary>A larger archive in gzip would have to be unpacked for its names, and somebody waits.</summary>
    private const long MostPacked = 32 << 20;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        string typed = wordToComplete ?? string.Empty;
        string word = typed.Trim('\'', '"');
        bool literal = parameterName != "Path";
        for (int i = ArchivePath.FindSeparator(word, 0); i >= 0; i = ArchivePath.FindSeparator(word, i + 1))
        {
            int length = i + ArchivePath.Separator.Length;
            var archives = NamedCheckpoints.FindArchives(word[..i], literal);
            if (archives.Count == 1)
            {
                return Complete(archives[0], word[..length], word[length..], literal, isQuoted: typed.Length > word.Length);
            }
        }

        // An empty list would mean that there is nothing to offer.
        return null!;
    }

    private static List<CompletionResult> Complete(string archive, string start, string typed, bool literal, bool isQuoted) =>
    [
        .. GetMembers(archive)
            .Where(name => name.StartsWith(literal ? typed : WildcardPattern.Unescape(typed), StringComparison.OrdinalIgnoreCase)
                && DisplayText.IsHarmless(name))
            .Distinct(StringComparer.Ordinal)
            .Take(MaxResults)
            .Select(name => new CompletionResult(
                Quote(start + (literal ? name : WildcardPattern.Escape(name)), isQuoted), name, CompletionResultType.ProviderItem, name)),
    ];

    private static IReadOnlyList<string> GetMembers(string archive)
    {
        try
        {
            return Path.GetExtension(archive) is ".gz" or ".tgz" && new FileInfo(archive).Length > MostPacked ? [] : ArchivePath.GetMembers(archive);
        }
        catch (Exception exception) when (exception is CheckpointException or IOException)
        {
            return [];
        }
    }

    private static string Quote(string path, bool isQuoted) =>
        !isQuoted && path.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-' or '/' or '\\' or '!' or ':')
            ? path
            : $"'{CodeGeneration.EscapeSingleQuotedStringContent(path)}'";
}

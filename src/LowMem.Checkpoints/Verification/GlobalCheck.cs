using System.Globalization;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification;

/// <summary>Default deny: a global that is not known to be inert is an error until somebody trusts it by name.</summary>
internal static class GlobalCheck
{
    /// <summary>A longer name is cut; nobody allows it by hand.</summary>
    private const int LongestName = 400;

    public static IEnumerable<CheckpointFinding> FindUnknown(Checkpoint checkpoint, Func<string, bool>? allows) =>
        checkpoint.UnknownUses.DistinctBy(use => use.Name).Select(use => Describe(use, allows?.Invoke(use.Name) == true));

    /// <summary>Why PyTorch's restricted loading refuses the file. No fault: many harmless files are refused.</summary>
    public static IEnumerable<CheckpointFinding> FindWeightsOnly(Checkpoint checkpoint) =>
        checkpoint.WeightsOnlyAnswer is { IsAccepted: false } answer
            ? [new CheckpointFinding(
                FindingSeverity.Information,
                FindingCodes.WeightsOnlyRefused,
                null,
                answer.Offset,
                $"torch.load(weights_only=True) refuses the file: {answer.Reason}{(answer.Offset is { } offset ? $" (byte {offset})" : string.Empty)}")]
            : [];

    private static CheckpointFinding Describe(NamedGlobal use, bool isAllowed)
    {
        string name = Show(use.Name);
        string what = use.CalledBy is { } opcode ? $"calls '{name}' ({opcode})" : $"names '{name}', without calling it";
        string place = use.Offset is { } offset ? $" at byte {offset}" : string.Empty;
        return new CheckpointFinding(
            isAllowed ? FindingSeverity.Information : FindingSeverity.Error,
            FindingCodes.UnknownGlobal,
            null,
            use.Offset,
            isAllowed
                ? $"{use.Where} {what}{place}, which is allowed by name"
                : $"{use.Where} {what}{place}, and it is not known to be inert; where you trust it, -AllowGlobal '{Pattern(use.Name)}' lets it pass");
    }

    /// <summary>The name without what a terminal would obey.</summary>
    private static string Show(string name) => string.Concat(Cut(name).Select(
        character => char.IsControl(character) || char.GetUnicodeCategory(character) == UnicodeCategory.Format ? '?' : character));

    /// <summary>
    /// A pattern to paste: letters, digits, '_', '-' and dots, and '?' in the place of any other character. A name may be
    /// made of wildcards, and PowerShell takes more than one character for a quote.
    /// </summary>
    private static string Pattern(string name) => string.Concat(Cut(name).Select(
        character => char.IsLetterOrDigit(character) || character is '_' or '-' or '.' ? character : '?'))
        + (name.Length > LongestName ? "*" : string.Empty);

    private static string Cut(string name) => name.Length > LongestName ? name[..LongestName] : name;
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Safety;

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
                : $"{use.Where} {what}{place}, and it is not known to be inert; where you trust it, -AllowGlobal '{Pattern(name)}' lets it pass");
    }

    /// <summary>The name without what a terminal would obey; '?' is also the wildcard for one character.</summary>
    private static string Show(string name)
    {
        string cut = name.Length > LongestName ? string.Concat(name.AsSpan(0, LongestName), "*") : name;
        return string.Concat(cut.Select(ToPlain));

        static char ToPlain(char character) =>
            char.IsControl(character) || char.GetUnicodeCategory(character) is System.Globalization.UnicodeCategory.Format ? '?' : character;
    }

    /// <summary>The name as it stands in a script, where brackets and quotes mean something.</summary>
    private static string Pattern(string name) => name
        .Replace("`", "``", StringComparison.Ordinal)
        .Replace("[", "`[", StringComparison.Ordinal)
        .Replace("]", "`]", StringComparison.Ordinal)
        .Replace("'", "''", StringComparison.Ordinal);
}

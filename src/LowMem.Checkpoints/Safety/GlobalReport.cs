using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Safety;

/// <summary>The globals that the pickles of a checkpoint name, sorted, with the dangerous ones picked out.</summary>
internal sealed record GlobalReport(
    IReadOnlyList<string> All, IReadOnlyList<string> Unsafe, IReadOnlyList<CheckpointFinding> Findings)
{
    public static GlobalReport Of(IEnumerable<PickleGlobal> globals)
    {
        string[] all = [.. globals.Select(global => global.FullName).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string[] dangerous = [.. all.Where(name => GlobalClassifier.Classify(name) == GlobalRisk.Dangerous)];
        return new GlobalReport(all, dangerous, [.. dangerous.Select(Finding)]);
    }

    private static CheckpointFinding Finding(string name) => new(
        FindingSeverity.Error,
        FindingCodes.UnsafeGlobal,
        null,
        null,
        $"the pickle names '{PickleText.Shorten(name)}', which could run code if PyTorch loaded the file");
}

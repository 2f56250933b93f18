using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Safety;

/// <summary>The globals that the pickles of a checkpoint name, sorted, with the dangerous ones picked out.</summary>
internal sealed record GlobalReport(
    IReadOnlyList<string> All, IReadOnlyList<string> Unsafe, IReadOnlyList<CheckpointFinding> Findings)
{
    /// <summary>Reports on all pickles of a checkpoint together.</summary>
    public static GlobalReport Of(params IReadOnlyCollection<PickleResult> pickles)
    {
        string[] all = [.. pickles
            .SelectMany(pickle => pickle.Globals)
            .Select(global => global.FullName)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)];
        bool callsResults = pickles.Any(pickle => pickle.CallsResults);
        string[] dangerous = [.. all.Where(name => IsDangerous(name, callsResults))];
        return new GlobalReport(all, dangerous, [.. dangerous.Select(Finding)]);
    }

    /// <summary>
    /// Python 3.11 pickles enum members as <c>getattr(Class, 'NAME')</c>. That only becomes a weapon when what it
    /// returns is called.
    /// </summary>
    private static bool IsDangerous(string name, bool callsResults) =>
        GlobalClassifier.Classify(name) == GlobalRisk.Dangerous && (name != "builtins.getattr" || callsResults);

    private static CheckpointFinding Finding(string name) => new(
        FindingSeverity.Error,
        FindingCodes.UnsafeGlobal,
        null,
        null,
        $"the pickle names '{PickleText.Shorten(name)}', which could run code if PyTorch loaded the file");
}

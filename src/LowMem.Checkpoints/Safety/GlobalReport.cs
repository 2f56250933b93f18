using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Safety;

/// <summary>The globals that the pickles of a checkpoint name, sorted, with those picked out that are not known.</summary>
internal sealed record GlobalReport(
    IReadOnlyList<string> All,
    IReadOnlyList<NamedGlobal> UnknownUses,
    IReadOnlyList<string> Unsafe,
    IReadOnlyList<CheckpointFinding> Findings)
{
    private const string Somewhere = "the pickle";

    /// <summary>Why the file is refused whatever it names: two versions of Python would read two pickles. Null when it is not.</summary>
    public string? Refusal { get; init; }

    /// <summary>Reports on all pickles of a checkpoint together, and on what hides in their texts and bytes.</summary>
    public static GlobalReport Of(params IReadOnlyCollection<PickleResult> pickles) => Of(pickles, [], CancellationToken.None);

    /// <summary>Reports on all pickles of a checkpoint, and on what hides in them and elsewhere.</summary>
    /// <param name="pickles">Those that make up the checkpoint.</param>
    /// <param name="hidden">Other bytes of the file in which pickles may hide.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public static GlobalReport Of(
        IReadOnlyCollection<PickleResult> pickles, IEnumerable<HiddenBytes> hidden, CancellationToken cancellationToken)
    {
        var payloads = pickles.SelectMany(pickle => pickle.Payloads)
            .Select(payload => new HiddenBytes(PicklePayload.GetBytes(payload), "a pickle inside a value", IsPickle: false));
        var scanner = HiddenPickleScanner.Scan(payloads.Concat(hidden), cancellationToken);
        var byName = pickles.SelectMany(pickle => GlobalUse.Of(pickle, NameOf(pickle)))
            .Concat(scanner.Named)
            .GroupBy(global => global.Name, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToList();
        var worst = byName.Select(group => group.MaxBy(global => (global.Risk, global.CalledBy is not null, global.Offset is not null))!).ToList();
        var findings = worst.Where(global => global.IsDangerous).Select(Finding);
        return new GlobalReport(
            [.. byName.Select(group => group.Key)],
            [.. worst.Where(global => global.Risk == GlobalRisk.Unknown)],
            [.. worst.Where(global => global.IsDangerous).Select(global => global.Name)],
            scanner.IsComplete ? [.. findings] : [.. findings, Incomplete])
        {
            Refusal = scanner.Refusal,
        };
    }

    /// <summary>The names that are not known to be inert, nor dangerous.</summary>
    public IReadOnlyList<string> Unknown { get; } = [.. UnknownUses.Select(global => global.Name)];

    /// <summary>The report itself, unless the file has to be refused.</summary>
    /// <exception cref="CheckpointException">A hidden pickle is one to some versions of Python and another to others.</exception>
    public GlobalReport OrRefuse(string path) =>
        Refusal is null ? this : throw new CheckpointException(CheckpointErrorIds.Unsafe, path, Refusal).Naming(this);

    private static string NameOf(PickleResult pickle) =>
        pickle.Source?.Record is { } record ? $"record '{DisplayText.Name(record)}'" : Somewhere;

    private static CheckpointFinding Incomplete { get; } = new(
        FindingSeverity.Error,
        FindingCodes.HiddenPickles,
        null,
        null,
        "the file holds so many bytes that look like pickles that not all of them were read; no honest file does");

    private static CheckpointFinding Finding(NamedGlobal global) => new(
        FindingSeverity.Error,
        FindingCodes.UnsafeGlobal,
        null,
        global.Offset,
        $"{global.Where} names '{DisplayText.Name(global.Name)}', which could run code if PyTorch loaded the file");
}

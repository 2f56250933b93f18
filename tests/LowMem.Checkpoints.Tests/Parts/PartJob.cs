using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Values.Scaled;
using LowMem.Checkpoints.Values.Statistics;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Parts;

/// <summary>Runs all parts of a job, each as its own machine would.</summary>
internal static class PartJob
{
    public static IReadOnlyDictionary<string, string> NoOptions { get; } = new Dictionary<string, string>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>One part, from the paths in the order that its machine lists them in.</summary>
    public static CheckpointPart Run(PartNumber part, PartOperation operation, params string[] paths)
    {
        var work = new PartWork(part, operation, paths, Token);
        foreach (var task in work.Divided)
        {
            work.Run(task, null, Token);
        }

        foreach (var task in work.TakeWhole())
        {
            work.Run(task, null, Token);
        }

        return work.Conclude();
    }

    /// <summary>All parts, the last first: their order does not matter.</summary>
    public static List<CheckpointPart> RunAll(int count, Func<PartOperation> operation, params string[] paths) =>
        [.. Enumerable.Range(1, count).Reverse().Select(number => Run(new PartNumber(number, count), operation(), paths))];

    public static IReadOnlyList<JoinedCheckpoint> Join(IEnumerable<CheckpointPart> parts, string? folder = null)
    {
        var set = new PartSet();
        foreach (var part in parts)
        {
            set.Add(part.Record, part.Part);
        }

        return set.Join(folder);
    }

    /// <param name="options">What is looked at.</param>
    /// <param name="ignoresCost">Whether all parts share what is too small for that.</param>
    public static VerdictOperation Verify(VerificationOptions options, bool ignoresCost = false) => new(options, NoOptions) { IgnoresCost = ignoresCost };

    public static StatisticsOperation Statistics(bool hash = true, int bins = 4, bool ignoresCost = false) => new(
        task =>
        {
            var checkpoint = Checkpoint.Open(task.Location, task.Path, Token);
            TensorView[] views = [.. checkpoint.Tensors.Where(tensor => StatisticsScan.DescribeUnreadable(tensor) is null).Select(tensor => new TensorView(tensor))];
            return new StatisticsRequest(
                checkpoint,
                views,
                new Dictionary<TensorView, ScaledView>(),
                new StatisticsSettings { ComputesHash = hash, BinCount = bins, FirstCount = 3 },
                figures => figures);
        },
        NoOptions)
    {
        IgnoresCost = ignoresCost,
    };

    /// <summary>All that a verdict says but what it cost.</summary>
    public static string Describe(CheckpointVerdict verdict) => string.Join(
        '\n',
        verdict.Findings.Select(finding => $"{finding} [{finding.Key} {finding.Offset}]")
            .Prepend($"{verdict.Path} {verdict.Format} {verdict.Passed} {verdict.WeightsOnly} {verdict.Level} {verdict.TensorCount}"));

    /// <summary>The same of an error in place of a verdict.</summary>
    public static string Describe(CheckpointException error) => $"{error.ErrorId}: {error.Message}";

    public static string Describe(JoinedCheckpoint joined) => joined.Problem is { } problem ? Describe(problem) : Describe(joined.Verdict!);

    /// <summary>What one machine says of a checkpoint.</summary>
    public static string DescribeWhole(string path, VerificationOptions options)
    {
        try
        {
            return Describe(CheckpointVerifier.Verify(path, options, null, Token));
        }
        catch (CheckpointException error)
        {
            return Describe(error);
        }
    }
}

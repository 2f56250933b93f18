namespace LowMem.Benchmarks;

/// <summary>What one run of a case took.</summary>
/// <param name="PeakGrowth">The most private bytes up to the end of loading, over those after torch's start-up.</param>
/// <param name="Steps">The figures of each step, by its name.</param>
internal sealed record CaseResult(long PeakGrowth, IReadOnlyDictionary<string, StepFigures> Steps)
{
    /// <summary>The figures of a step.</summary>
    public StepFigures this[string step] => Steps[step];

    /// <summary>Whether the case has a step.</summary>
    public bool Has(string step) => Steps.ContainsKey(step);

    /// <summary>The median of each figure for itself.</summary>
    public static CaseResult Median(IReadOnlyList<CaseResult> runs) => new(
        (long)Median(runs.Select(run => (double)run.PeakGrowth)),
        runs[0].Steps.Keys.ToDictionary(
            step => step,
            step => new StepFigures(
                Median(runs.Select(run => run[step].Seconds)),
                Median(runs.Select(run => run[step].Value)),
                (long)Median(runs.Select(run => (double)run[step].KeptGrowth)))));

    /// <summary>The median of some numbers.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

namespace LowMem.Benchmarks;

/// <summary>What one run of a case took.</summary>
/// <param name="PeakGrowth">The most private bytes while loading, over those after torch's start-up.</param>
/// <param name="KeptGrowth">The private bytes after loading, over those after torch's start-up.</param>
/// <param name="LoadSeconds">The time until the model was there.</param>
/// <param name="UseSeconds">The time to use every value once after that.</param>
/// <param name="Checksum">What using them gave; the same for all cases.</param>
internal sealed record CaseResult(long PeakGrowth, long KeptGrowth, double LoadSeconds, double UseSeconds, double Checksum)
{
    /// <summary>The median of each figure.</summary>
    public static CaseResult Median(IReadOnlyList<CaseResult> runs) => new(
        (long)Median(runs.Select(run => (double)run.PeakGrowth)),
        (long)Median(runs.Select(run => (double)run.KeptGrowth)),
        Median(runs.Select(run => run.LoadSeconds)),
        Median(runs.Select(run => run.UseSeconds)),
        runs[0].Checksum);

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

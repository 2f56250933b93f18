using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace LowMem.Benchmarks;

/// <summary>The table of a run, and whether the targets were met.</summary>
internal sealed class Report
{
    private const double MebiByte = 1 << 20;
    private const long MappedTarget = 16 << 20;
    private const long ResidentSlack = 64 << 20;
    private readonly List<(Contender Contender, CaseResult Result)> rows;
    private readonly long modelBytes;
    private readonly int runs;

    public Report(IEnumerable<(Contender Contender, CaseResult Result)> rows, long modelBytes, int runs)
    {
        this.rows = [.. rows];
        this.modelBytes = modelBytes;
        this.runs = runs;
    }

    /// <summary>One sentence per target that was missed.</summary>
    public IEnumerable<string> GetMissedTargets()
    {
        var mapped = Get(Contender.MappedName);
        if (Math.Max(mapped.PeakGrowth, mapped.KeptGrowth) > MappedTarget)
        {
            yield return $"Mapped, private memory grew by {Mebi(mapped.PeakGrowth)}; the target is {Mebi(MappedTarget)}.";
        }

        var resident = Get(Contender.ResidentName);
        var limit = (modelBytes * 102 / 100) + ResidentSlack;
        if (resident.PeakGrowth > limit)
        {
            yield return $"Resident, private memory grew by {Mebi(resident.PeakGrowth)}; the target is {Mebi(limit)}.";
        }

        // All of them must have loaded the same values. Releases of PyTorch add up in different orders.
        var wanted = rows[0].Result.Checksum;
        foreach (var (contender, result) in rows.Where(row => Math.Abs(row.Result.Checksum - wanted) > 1e-4 * wanted))
        {
            yield return $"'{contender.Name}' loaded other values: their norms add up to {result.Checksum}, not {wanted}.";
        }
    }

    /// <summary>The table as Markdown, with what it was measured on.</summary>
    public string ToMarkdown()
    {
        var naive = Get(Contender.NaiveName);
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"A float32 model of {Mebi(modelBytes)}; medians of {runs} runs, each in a process of its own, taken in turn.");
        text.AppendLine(CultureInfo.InvariantCulture, $"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}; the file was in the page cache.");
        text.AppendLine();
        text.AppendLine("| way to load | peak private memory, in models | kept, in models | peak, MiB | load time | load and use time |");
        text.AppendLine("|---|---:|---:|---:|---:|---:|");
        foreach (var (contender, result) in rows)
        {
            text.AppendLine(string.Create(CultureInfo.InvariantCulture,
                $"| {contender.Name} | {Part(result.PeakGrowth):0.000} | {Part(result.KeptGrowth):0.000} | {result.PeakGrowth / MebiByte:0.0} | "
                + $"{result.LoadSeconds / naive.LoadSeconds:0.000} | {(result.LoadSeconds + result.UseSeconds) / (naive.LoadSeconds + naive.UseSeconds):0.000} |"));
        }

        text.AppendLine();
        text.AppendLine("Memory is what the process has for itself, over what it had once torch had started. Times are relative to the first row.");
        return text.ToString();
    }

    private double Part(long bytes) => bytes / (double)modelBytes;

    private static string Mebi(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / MebiByte:0.#} MiB");

    private CaseResult Get(string name) => rows.Single(row => row.Contender.Name == name).Result;
}

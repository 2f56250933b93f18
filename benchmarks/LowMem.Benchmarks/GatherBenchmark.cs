using System.Globalization;
using System.Text;
using LowMem.Benchmarks.Cases;

namespace LowMem.Benchmarks;

/// <summary>Hashes tensors of many layouts, next to contiguous ones of the same elements.</summary>
internal sealed class GatherBenchmark : IBenchmark
{
    private const int MebiBytes = 37;
    private const double LeastSpeed = 0.25;

    public string Name => "gather";

    public Section Run(string directory, BenchmarkOptions options)
    {
        var path = Path.Combine(directory, "gather.bin");
        try
        {
            var bytes = new byte[MebiBytes << 20];
            new Random(1).NextBytes(bytes);
            File.WriteAllBytes(path, bytes);
            var results = new List<CaseResult>();
            for (var run = 1; run <= options.Runs; run++)
            {
                Console.Error.WriteLine($"Hashing layouts of {MebiBytes} MiB, run {run} of {options.Runs}");
                results.Add(CaseProcess.Run(CaseProcess.Own(GatherCase.Name, path)));
            }

            return ToSection(results);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The speed over that of the contiguous tensor in the same run.</summary>
    private static double GetSpeed(IEnumerable<CaseResult> runs, string type, string layout) => CaseResult.Median(runs.Select(run =>
    {
        var one = run[GatherCase.StepName(type, layout)];
        var contiguous = run[GatherCase.StepName(type, GatherCase.Layouts[0].Name)];
        return one.Value / one.Seconds / (contiguous.Value / contiguous.Seconds);
    }));

    private static Section ToSection(List<CaseResult> results)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"SHA-256 of tensors in a storage of {MebiBytes} MiB: bytes a second over those of a contiguous tensor of the same type.");
        text.AppendLine();
        text.AppendLine("| layout | " + string.Join(" | ", GatherCase.Types) + " |");
        text.AppendLine("|---|" + string.Concat(GatherCase.Types.Select(_ => "---:|")));
        var least = double.PositiveInfinity;
        foreach (var (layout, _) in GatherCase.Layouts.Skip(1))
        {
            var speeds = GatherCase.Types.Select(type => GetSpeed(results, type, layout)).ToArray();
            least = Math.Min(least, speeds.Min());
            text.AppendLine(CultureInfo.InvariantCulture, $"| {layout} | {string.Join(" | ", speeds.Select(speed => speed.ToString("0.00", CultureInfo.InvariantCulture)))} |");
        }

        return new Section("Gathering", text.ToString(), [Target.AtLeast("hash any layout: speed over contiguous", least, LeastSpeed, "{0:0.00} times")]);
    }
}

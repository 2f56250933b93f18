using System.Diagnostics;
using System.Globalization;
using System.Text;
using LowMem.Benchmarks.Cases;
using LowMem.CheckpointMaker;

namespace LowMem.Benchmarks;

/// <summary>The figures of all tensors of a model, next to reading it and nothing more, and next to NumPy where it is there.</summary>
internal sealed class StatisticsBenchmark : IBenchmark
{
    private const double MebiByte = 1 << 20;

    /// <summary>The figures come at no less than so much of the speed of <c>cat</c>.</summary>
    private const double SpeedOverCat = 0.7;

    private const double MostGrowth = 64;

    public string Name => "statistics";

    public Section Run(string directory, BenchmarkOptions options)
    {
        const string title = "Statistics";
        if (OperatingSystem.IsWindows())
        {
            return new Section(title, "Not measured: there is no `cat` to compare with.", []);
        }

        string path = Path.Combine(directory, "statistics.pt");
        try
        {
            var model = WideBoringModel.ForSize(options.Sizes[0]);
            model.Write(path);
            var python = PythonTorch.Find();
            var (cats, own, theirs) = (new List<CaseResult>(), new List<CaseResult>(), new List<CaseResult>());
            for (int run = 1; run <= options.Runs; run++)
            {
                Console.Error.WriteLine($"Statistics of {options.Sizes[0]} MiB, run {run} of {options.Runs}");
                cats.Add(Contender.Cat(path));
                own.Add(CaseProcess.Run(CaseProcess.Own(StatisticsCase.Name, path)));
                // It takes minutes, and its order of magnitude is what counts.
                if (python is not null && run == 1)
                {
                    theirs.Add(CaseProcess.Run(new ProcessStartInfo(
                        python.Program, [Path.Combine(AppContext.BaseDirectory, "python", "statistics_of.py"), path])));
                }
            }

            double cat = CaseResult.Median(cats)[Step.Loaded].Seconds;
            var text = new StringBuilder();
            text.AppendLine(CultureInfo.InvariantCulture, $"A float32 model of {model.GetByteLength() / MebiByte:0.0} MiB:");
            text.AppendLine();
            text.AppendLine("| | first, ms | again, ms | tenth, ms | last over `cat` | peak private growth, MiB |");
            text.AppendLine("|---|---:|---:|---:|---:|---:|");
            text.AppendLine(CultureInfo.InvariantCulture, $"| `cat` to /dev/null | {cat * 1000:0} | | | 1.00 | |");
            var result = CaseResult.Median(own);
            AppendRow(text, "`Get-CheckpointTensor`", result, cat);
            if (python is not null)
            {
                AppendRow(text, $"NumPy, after `torch.load` of PyTorch {python.Version}, run once", CaseResult.Median(theirs), cat);
            }

            return new Section(
                title,
                text.ToString(),
                [
                    Target.AtLeast("statistics: speed over `cat`, once compiled", cat / result[Step.LoadedOften].Seconds, SpeedOverCat, "{0:0.00} times"),
                    Target.AtMost("statistics: peak private growth", result.PeakGrowth / MebiByte, MostGrowth, "{0:0} MiB"),
                ]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void AppendRow(StringBuilder text, string name, CaseResult result, double over)
    {
        string Milliseconds(string step) => result.Has(step) ? string.Create(CultureInfo.InvariantCulture, $"{result[step].Seconds * 1000:0}") : string.Empty;
        double last = result[result.Has(Step.LoadedOften) ? Step.LoadedOften : Step.LoadedAgain].Seconds;
        text.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {Milliseconds(Step.Loaded)} | {Milliseconds(Step.LoadedAgain)} | {Milliseconds(Step.LoadedOften)} | {last / over:0.00} | {result.PeakGrowth / MebiByte:0.0} |"));
    }
}

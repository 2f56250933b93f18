using System.Diagnostics;
using System.Globalization;
using System.Text;
using LowMem.Benchmarks.Cases;
using LowMem.CheckpointMaker;

namespace LowMem.Benchmarks;

/// <summary>Lists a checkpoint of many tensors, next to what PyTorch does for the same: load it to meta.</summary>
internal sealed class ListingBenchmark : IBenchmark
{
    private const double MebiByte = 1 << 20;
    private const double TimeOverPyTorch = 0.1;
    private const double MemoryOverPyTorch = 0.25;

    public string Name => "listing";

    public Section Run(string directory, BenchmarkOptions options)
    {
        const string title = "Listing";
        var path = Path.Combine(directory, "listing.pt");
        try
        {
            SmallTensors.Write(path, options.TensorCount);
            var python = PythonTorch.Find();
            var own = new List<CaseResult>();
            var theirs = new List<CaseResult>();
            for (var run = 1; run <= options.Runs; run++)
            {
                Console.Error.WriteLine($"Listing {options.TensorCount} tensors, run {run} of {options.Runs}");
                own.Add(CaseProcess.Run(CaseProcess.Own(ListingCase.Name, path)));
                if (python is not null)
                {
                    theirs.Add(CaseProcess.Run(new ProcessStartInfo(
                        python.Program, [Path.Combine(AppContext.BaseDirectory, "python", "list.py"), path])));
                }
            }

            var lowMem = CaseResult.Median(own);
            var text = new StringBuilder();
            text.AppendLine(CultureInfo.InvariantCulture, $"A checkpoint of {options.TensorCount} tensors:");
            text.AppendLine();
            text.AppendLine("| | first, ms | again, ms | the tenth time, ms | peak private growth, MiB |");
            text.AppendLine("|---|---:|---:|---:|---:|");
            text.AppendLine(ToRow("LowMem, `Get-CheckpointInfo`", lowMem));
            if (python is null)
            {
                return new Section(title, text.ToString(), []);
            }

            var torch = CaseResult.Median(theirs);
            text.AppendLine(ToRow($"PyTorch {python.Version}: `torch.load(map_location=\"meta\")`", torch));
            return new Section(
                title,
                text.ToString(),
                [
                    Target.AtMost(
                        $"list {options.TensorCount} tensors: time over PyTorch's, code compiled",
                        lowMem[Step.LoadedOften].Seconds / torch[Step.LoadedOften].Seconds,
                        TimeOverPyTorch,
                        "{0:0.00} times"),
                    Target.AtMost(
                        "the same: peak private growth over PyTorch's",
                        lowMem.PeakGrowth / (double)torch.PeakGrowth,
                        MemoryOverPyTorch,
                        "{0:0.00} times"),
                ]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string ToRow(string name, CaseResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {name} | {result[Step.Loaded].Seconds * 1000:0} | {result[Step.LoadedAgain].Seconds * 1000:0} | {result[Step.LoadedOften].Seconds * 1000:0} | {result.PeakGrowth / MebiByte:0.0} |");
}

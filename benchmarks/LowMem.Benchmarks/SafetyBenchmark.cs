using System.Globalization;
using System.Text;
using LowMem.Benchmarks.Cases;
using LowMem.CheckpointMaker;

namespace LowMem.Benchmarks;

/// <summary>What the passes that are for safety add to listing a checkpoint of many tensors.</summary>
internal sealed class SafetyBenchmark : IBenchmark
{
    private const double OverTheRest = 1;

    public string Name => "safety";

    public Section Run(string directory, BenchmarkOptions options)
    {
        var path = Path.Combine(directory, "safety.pt");
        try
        {
            SmallTensors.Write(path, options.TensorCount);
            var results = new List<CaseResult>();
            for (var run = 1; run <= options.Runs; run++)
            {
                Console.Error.WriteLine($"Passes over {options.TensorCount} tensors, run {run} of {options.Runs}");
                results.Add(CaseProcess.Run(CaseProcess.Own(SafetyCase.Name, path)));
            }

            return ToSection(options, CaseResult.Median(results));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Section ToSection(BenchmarkOptions options, CaseResult result)
    {
        var (all, globals, weightsOnly) = (result[SafetyCase.All].Seconds, result[SafetyCase.Globals].Seconds, result[SafetyCase.WeightsOnly].Seconds);
        var rest = all - globals - weightsOnly;
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"A checkpoint of {options.TensorCount} tensors, listed again and again in one process:");
        text.AppendLine();
        text.AppendLine("| | ms | over listing without both |");
        text.AppendLine("|---|---:|---:|");
        Add("listing, with both passes", all);
        Add("what the pickles name and what hides in them", globals);
        Add("what `weights_only` says", weightsOnly);
        Add("listing without both, by difference", rest);
        return new Section(
            "Passes for safety",
            text.ToString(),
            [Target.AtMost("the passes for safety over listing without them", (globals + weightsOnly) / rest, OverTheRest, "{0:0.00} times")]);

        void Add(string name, double seconds) => text.AppendLine(
            CultureInfo.InvariantCulture, $"| {name} | {seconds * 1000:0.0} | {seconds / rest:0.00} |");
    }
}

using System.Globalization;
using System.Text;
using LowMem.Benchmarks.Cases;
using LowMem.CheckpointMaker;

namespace LowMem.Benchmarks;

/// <summary>Loads many small tensors, mapped: what a tensor costs, however small it is.</summary>
internal sealed class TensorCountBenchmark : IBenchmark
{
    private const double BindSeconds = 3;
    private const double KibibytesPerTensor = 3;
    private const double KibiByte = 1 << 10;

    public string Name => "tensors";

    public Section Run(string directory, BenchmarkOptions options)
    {
        var rows = Enumerable.Range(0, 3)
            .Select(halvings => options.TensorCount >> (2 - halvings))
            .Select(count => (Count: count, Result: Measure(directory, count, options.Runs)))
            .ToList();
        var text = new StringBuilder();
        text.AppendLine("| tensors | list, ms | skeleton, ms | bind, ms | bind, us per tensor | kept after listing, MiB | after the skeleton | after binding |");
        text.AppendLine("|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var (count, result) in rows)
        {
            text.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {count} | {result[Step.Listed].Seconds * 1000:0} | {result[Step.Built].Seconds * 1000:0} | {result[Step.Loaded].Seconds * 1000:0} "
                + $"| {result[Step.Loaded].Seconds * 1e6 / count:0.0} | {Mebi(result[Step.Listed])} | {Mebi(result[Step.Built])} | {Mebi(result[Step.Loaded])} |"));
        }

        var (few, fewResult) = rows[0];
        var (many, manyResult) = rows[^1];
        var perTensor = (manyResult[Step.Loaded].KeptGrowth - fewResult[Step.Loaded].KeptGrowth) / KibiByte / (many - few);
        return new Section(
            "Many small tensors",
            text.ToString(),
            [
                Target.AtMost($"mapped: bind {many} small tensors", manyResult[Step.Loaded].Seconds, BindSeconds, "{0:0.00} s"),
                Target.AtMost("mapped: private memory of one more tensor, listed, in a module, bound", perTensor, KibibytesPerTensor, "{0:0.00} KiB"),
                Target.AtMost(
                    "mapped: time per tensor, many over a quarter of them",
                    manyResult[Step.Loaded].Seconds / many / (fewResult[Step.Loaded].Seconds / few),
                    1.25,
                    "{0:0.00} times"),
            ]);
    }

    private static CaseResult Measure(string directory, int count, int runs)
    {
        var path = Path.Combine(directory, "tensors.pt");
        try
        {
            SmallTensors.Write(path, count);
            var results = new List<CaseResult>();
            for (var run = 1; run <= runs; run++)
            {
                Console.Error.WriteLine($"{count} tensors, run {run} of {runs}");
                results.Add(CaseProcess.Run(CaseProcess.Own(TensorCountCase.Name, path)));
            }

            return CaseResult.Median(results);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Mebi(StepFigures step) => string.Create(CultureInfo.InvariantCulture, $"{step.KeptGrowth / KibiByte / KibiByte:0.0}");
}

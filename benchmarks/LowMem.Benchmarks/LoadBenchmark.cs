using System.Globalization;
using System.Text;
using LowMem.Benchmarks.Cases;
using LowMem.CheckpointMaker;

namespace LowMem.Benchmarks;

/// <summary>Loads models of several sizes in every way there is.</summary>
internal sealed class LoadBenchmark : IBenchmark
{
    public string Name => "loads";

    public Section Run(string directory, BenchmarkOptions options)
    {
        // One size after the other: the files of all of them together may not fit the page cache.
        var python = PythonTorch.Find();
        var tables = options.Sizes.Select(mebibytes => Measure(directory, mebibytes, options.Runs, python)).ToList();
        var text = new StringBuilder();
        foreach (var table in tables)
        {
            text.AppendLine(table.ToMarkdown());
        }

        text.AppendLine("Memory is what the process has for itself, over what it had once torch had started: at its peak, and after loading.");
        text.AppendLine("*Build* makes the model, *load* goes from the path to a model with the values, *use* takes the norm of every");
        text.AppendLine("parameter, *forward* is the first pass after that. The models have equally many tensors, whatever their size.");
        return new Section("One large model", text.ToString(), [.. tables[^1].GetTargets(), .. GetTargets(tables)]);
    }

    private static LoadTable Measure(string directory, int mebibytes, int runs, PythonTorch? python)
    {
        var model = WideBoringModel.ForSize(mebibytes);
        var path = Path.Combine(directory, "model.pt");
        Console.Error.WriteLine($"Making files of {mebibytes} MiB ...");
        try
        {
            model.Write(path);
            CaseProcess.Run(CaseProcess.Own(LoadCase.Save, path, $"{model.Stages}", $"{model.Width}"));

            var contenders = Contender.Find(path, model, python);
            var results = contenders.ToDictionary(contender => contender, _ => new List<CaseResult>());
            for (var run = 1; run <= runs; run++)
            {
                foreach (var contender in contenders)
                {
                    Console.Error.WriteLine($"{mebibytes} MiB, run {run} of {runs}: {contender.Name}");
                    results[contender].Add(contender.Run());
                }
            }

            return new LoadTable(model, [.. contenders.Select(contender => (contender.Name, CaseResult.Median(results[contender])))]);
        }
        finally
        {
            File.Delete(path);
            File.Delete(LoadCase.GetTorchSharpPath(path));
        }
    }

    // What only shows in comparison: binding to a map knows the number of tensors, and not their size. What comes before,
    // listing the file and the first use of the code, varies from process to process by more than that.
    private static IEnumerable<Target> GetTargets(List<LoadTable> tables)
    {
        if (tables.Count < 2)
        {
            yield break;
        }

        var small = tables[0].Get(Contender.MappedName)!;
        var large = tables[^1].Get(Contender.MappedName)!;
        yield return Target.AtMost(
            string.Create(CultureInfo.InvariantCulture, $"mapped: bind {tables[^1].Bytes / (double)tables[0].Bytes:0.0} times the bytes in as many tensors, over the fewer"),
            large[Step.Loaded].Value / small[Step.Loaded].Value,
            1.25,
            "{0:0.00} times");
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using LowMem.Benchmarks.Cases;
using LowMem.CheckpointMaker;

namespace LowMem.Benchmarks;

/// <summary>Tests folders of many small checkpoints by the command itself, next to reading the files and nothing more.</summary>
internal sealed class FolderBenchmark : IBenchmark
{
    private const double MebiByte = 1 << 20;
    private const int FewFiles = 1_000;
    private const int ManyFiles = 10_000;
    private const int FilesPerFolder = 100;
    private const int TensorsPerFile = 4;
    private const double FilesPerSecond = 500;
    private const double MoreMemory = 16 * MebiByte;
    private const string Title = "Folders of many files";

    /// <summary>All runs of this one together are to take less than two minutes.</summary>
    private const int MostRuns = 3;

    public string Name => "folder";

    public Section Run(string directory, BenchmarkOptions options)
    {
        if (options.PowerShell.Count == 0)
        {
            return new Section(Title, "Not measured: the program was not told which PowerShell and module to run.", []);
        }

        var folder = Path.Combine(directory, "folder");
        try
        {
            var few = Path.Combine(folder, "few");
            var many = Path.Combine(folder, "many");
            Write(few, FewFiles);
            Write(many, ManyFiles);
            List<(string Name, int Count, Func<CaseResult> Run)> ways =
            [
                ("`Test-Checkpoint -Recurse`", FewFiles, () => Test(options, few)),
                ("`Test-Checkpoint -Recurse`", ManyFiles, () => Test(options, many)),
                ("all files read on all cores, and nothing done with them", ManyFiles, () => CaseProcess.Run(CaseProcess.Own(FolderReadCase.Name, many))),
            ];
            if (PythonTorch.Find() is { } python)
            {
                ways.Add(($"PyTorch {python.Version}: `torch.load` of each", FewFiles, () => CaseProcess.Run(new ProcessStartInfo(
                    python.Program, [Path.Combine(AppContext.BaseDirectory, "python", "folder.py"), few]))));
            }

            return ToSection(Measure(ways, Math.Min(options.Runs, MostRuns)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static List<(string Name, int Count, CaseResult Result)> Measure(List<(string Name, int Count, Func<CaseResult> Run)> ways, int runs)
    {
        var results = ways.ConvertAll(_ => new List<CaseResult>());
        for (var run = 1; run <= runs; run++)
        {
            Console.Error.WriteLine($"Folders of {FewFiles} and {ManyFiles} files, run {run} of {runs}");
            for (var way = 0; way < ways.Count; way++)
            {
                var result = ways[way].Run();
                if (result[Step.Loaded].Value != ways[way].Count)
                {
                    throw new InvalidOperationException($"{ways[way].Name} went through {result[Step.Loaded].Value} files of {ways[way].Count}.");
                }

                results[way].Add(result);
            }
        }

        return [.. ways.Select((way, i) => (way.Name, way.Count, CaseResult.Median(results[i])))];
    }

    private static CaseResult Test(BenchmarkOptions options, string folder) => CaseProcess.Run(new ProcessStartInfo(
        options.PowerShell[0],
        [
            .. options.PowerShell.Skip(1), "-NoProfile", "-File", Path.Combine(AppContext.BaseDirectory, "powershell", "folder.ps1"), options.Module!, folder,
        ]));

    private static void Write(string folder, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var path = Path.Combine(folder, $"{i / FilesPerFolder:0000}", $"{i:00000}.pt");
            if (i == 0)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                SmallTensors.Write(path, TensorsPerFile);
            }
            else
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.Copy(Path.Combine(folder, "0000", "00000.pt"), path);
            }
        }
    }

    private static Section ToSection(List<(string Name, int Count, CaseResult Result)> results)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Checkpoints of {TensorsPerFile} tensors each, {FilesPerFolder} in a folder:");
        text.AppendLine();
        text.AppendLine("| | files | first, s | files per second | again | peak private growth, MiB |");
        text.AppendLine("|---|---:|---:|---:|---:|---:|");
        foreach (var (name, count, result) in results)
        {
            var (first, again) = (result[Step.Loaded].Seconds, result[Step.LoadedAgain].Seconds);
            text.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {count} | {first:0.00} | {count / first:0} | {count / again:0} | {result.PeakGrowth / MebiByte:0.0} |"));
        }

        var (few, many) = (results[0].Result, results[1].Result);
        return new Section(
            Title,
            text.ToString(),
            [
                Target.AtLeast(
                    $"test a folder of {ManyFiles} small files", ManyFiles / many[Step.Loaded].Seconds, FilesPerSecond, "{0:0} a second"),
                Target.AtMost(
                    $"the same: peak private growth beyond that of {FewFiles}",
                    Math.Max(0, many.PeakGrowth - few.PeakGrowth) / MebiByte,
                    MoreMemory / MebiByte,
                    "{0:0.0} MiB"),
            ]);
    }
}

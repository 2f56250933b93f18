using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using LowMem.Benchmarks.Cases;
using LowMem.CheckpointMaker;
using LowMem.Tests.Shared;

namespace LowMem.Benchmarks;

/// <summary>
/// Loads of a file that is not in the page cache, next to the best that <c>fio</c> gets of the same file: through the cache, past it
/// with a queue, and from a map.
/// </summary>
internal sealed class ColdBenchmark : IBenchmark
{
    private const double ResidentOverFio = 1.15;

    private const double PrefetchedOverMapped = 0.5;

    // More than that of a file still in the cache is no cold file.
    private const double MostCached = 0.01;

    private static readonly (string Name, string[] Arguments)[] Ways =
    [
        ("`fio`, buffered", ["--ioengine=psync", "--bs=1M"]),
        ("`fio`, direct, queue of 16", ["--ioengine=libaio", "--direct=1", "--iodepth=16", "--bs=1M"]),
        ("`fio`, mapped", ["--ioengine=mmap", "--bs=1M"]),
    ];

    public string Name => "cold";

    public Section Run(string directory, BenchmarkOptions options)
    {
        const string title = "Cold files";
        if (!OperatingSystem.IsLinux())
        {
            return new Section(title, "Not measured: only on Linux can a file be taken out of the page cache, and be seen to be out of it.", []);
        }

        string path = Path.Combine(directory, "cold.pt");
        try
        {
            var model = WideBoringModel.ForSize(options.Sizes[0]);
            model.Write(path);
            if (PageCache.Drop(path) is var part and > MostCached)
            {
                return new Section(title, $"Not measured: {part:P0} of a file stayed in the page cache after it was dropped. Another file system may do.", []);
            }

            return Measure(title, path, model, options);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Section Measure(string title, string path, WideBoringModel model, BenchmarkOptions options)
    {
        bool hasFio = HasFio();
        var fio = Ways.Select(_ => new List<double>()).ToArray();
        string[] cases = [ColdCase.Resident, ColdCase.Mapped, ColdCase.Prefetched];
        var own = cases.Select(_ => new List<CaseResult>()).ToArray();
        var hot = new List<CaseResult>();
        var floor = new List<CaseResult>();
        double mostCached = 0;
        for (int run = 1; run <= options.Runs; run++)
        {
            Console.Error.WriteLine($"Cold files of {options.Sizes[0]} MiB, run {run} of {options.Runs}");
            for (int i = 0; hasFio && i < Ways.Length; i++)
            {
                mostCached = Math.Max(mostCached, PageCache.Drop(path));
                fio[i].Add(RunFio(path, Ways[i].Arguments));
            }

            for (int i = 0; i < cases.Length; i++)
            {
                mostCached = Math.Max(mostCached, PageCache.Drop(path));
                own[i].Add(Load(cases[i], path, model));
            }

            hot.Add(Load(ColdCase.Resident, path, model));
            mostCached = Math.Max(mostCached, PageCache.Drop(path));
            floor.Add(CaseProcess.Run(CaseProcess.Own(FloorCase.Name, path), memoryNeeded: model.GetByteLength()));
        }

        var text = new StringBuilder();
        text.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"A float32 model of {model.GetByteLength() >> 20} MiB. Before each run the file was dropped from the page cache; at most {mostCached:P1} of it stayed there."));
        text.AppendLine();
        text.AppendLine("| | load, ms | MiB/s | first forward, ms |");
        text.AppendLine("|---|---:|---:|---:|");
        for (int i = 0; hasFio && i < Ways.Length; i++)
        {
            AddRow(Ways[i].Name, CaseResult.Median(fio[i]), null);
        }

        AddRow("read into fresh memory, all cores", CaseResult.Median(floor)[Step.Loaded].Seconds, null);
        string[] names = ["LowMem, resident", "LowMem, mapped", "LowMem, mapped, `-Prefetch`"];
        for (int i = 0; i < cases.Length; i++)
        {
            var result = CaseResult.Median(own[i]);
            AddRow(names[i], result[Step.Loaded].Seconds, result[Step.Ran].Seconds);
        }

        AddRow("LowMem, resident, the file in the cache", CaseResult.Median(hot)[Step.Loaded].Seconds, CaseResult.Median(hot)[Step.Ran].Seconds);
        double ToForward(int i) => CaseResult.Median(own[i])[Step.Ran].Seconds;
        var targets = new List<Target>
        {
            Target.AtMost("cold, mapped: first forward with -Prefetch over that without", ToForward(2) / ToForward(1), PrefetchedOverMapped, "{0:0.00} times"),
        };
        if (hasFio)
        {
            double best = fio.Min(CaseResult.Median);
            targets.Insert(0, Target.AtMost(
                "cold, resident: load over the best of `fio`", CaseResult.Median(own[0])[Step.Loaded].Seconds / best, ResidentOverFio, "{0:0.00} times"));
        }
        else
        {
            text.AppendLine();
            text.AppendLine("There is no `fio` here to compare with.");
        }

        return new Section(title, text.ToString(), targets);

        void AddRow(string name, double load, double? forward) => text.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {load * 1000:0} | {(name.Contains("mapped", StringComparison.Ordinal) && forward is not null ? string.Empty : $"{(model.GetByteLength() >> 20) / load:0}")} | {forward * 1000:0} |"));
    }

    private static CaseResult Load(string name, string path, WideBoringModel model) =>
        CaseProcess.Run(CaseProcess.Own(name, path, $"{model.Stages}", $"{model.Width}"), memoryNeeded: model.GetByteLength());

    private static bool HasFio()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("fio", ["--version"]) { RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Reads the file once, and returns how many seconds that took by the program's own clock.</summary>
    private static double RunFio(string path, string[] arguments)
    {
        string[] all = ["--name=read", $"--filename={path}", "--rw=read", "--readonly", "--output-format=json", .. arguments];
        using var process = Process.Start(new ProcessStartInfo("fio", all) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"fio ended with {process.ExitCode}: {output}");
        }

        using var report = JsonDocument.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]);
        return report.RootElement.GetProperty("jobs")[0].GetProperty("read").GetProperty("runtime").GetDouble() / 1000;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using LowMem.Benchmarks.Cases;
using LowMem.CheckpointMaker;

namespace LowMem.Benchmarks;

/// <summary>Converts a model next to copying its file, and to PyTorch that loads and saves it.</summary>
internal sealed class ConvertBenchmark : IBenchmark
{
    private const double MebiByte = 1 << 20;
    private const double SpeedOverCopy = 0.8;
    private const double SpeedOverCopyWithCast = 0.6;
    private const double PeakMebiBytes = 64;

    /// <summary>Memory must not grow from here to the largest.</summary>
    private const int SmallMebiBytes = 256;

    private const string Save = "import sys, torch; torch.save(torch.load(sys.argv[1]), sys.argv[2])";

    private static readonly (string Name, string Output, string Type)[] Ways =
    [
        ("to safetensors", "out.safetensors", ""), ("to `.pt`", "out.pt", ""),
        ("to safetensors as bfloat16", "out.safetensors", "bfloat16"), ("to `.pt` as bfloat16", "out.pt", "bfloat16"),
    ];

    public string Name => "convert";

    public Section Run(string directory, BenchmarkOptions options)
    {
        const string title = "Converting";
        if (OperatingSystem.IsWindows())
        {
            return new Section(title, "Not measured: there is no `cp` to compare with.", []);
        }

        var text = new StringBuilder();
        text.AppendLine("Each is on the disk when it is done: `cp` and PyTorch are followed by `sync` of the file. Speed is that of `cp`, over the time.");
        text.AppendLine();
        text.AppendLine("| | first, ms | again, ms | again, speed of `cp` | peak private growth, MiB |");
        text.AppendLine("|---|---:|---:|---:|---:|");
        var targets = new List<Target>();
        foreach (int size in options.Sizes.Prepend(SmallMebiBytes).Distinct())
        {
            Measure(directory, size, options.Runs, text, targets);
        }

        return new Section(title, text.ToString(), targets);
    }

    private static void Measure(string directory, int size, int runs, StringBuilder text, List<Target> targets)
    {
        string path = Path.Combine(directory, "convert.pt");
        string copy = Path.Combine(directory, "copy.pt");
        try
        {
            WideBoringModel.ForSize(size).Write(path);
            var python = PythonTorch.Find();
            var (copies, saves) = (new List<double>(), new List<double>());
            var results = Ways.Select(_ => new List<CaseResult>()).ToArray();
            for (int run = 1; run <= runs; run++)
            {
                Console.Error.WriteLine($"Converting {size} MiB, run {run} of {runs}");
                copies.Add(Time("sh", ["-c", "cp \"$0\" \"$1\" && sync \"$1\"", path, copy], copy));
                if (python is not null)
                {
                    saves.Add(Time("sh", ["-c", "\"$0\" -c \"$1\" \"$2\" \"$3\" && sync \"$3\"", python.Program, Save, path, copy], copy));
                }

                for (int i = 0; i < Ways.Length; i++)
                {
                    string output = Path.Combine(directory, Ways[i].Output);
                    results[i].Add(CaseProcess.Run(CaseProcess.Own(ConvertCase.Name, path, output, Ways[i].Type)));
                    File.Delete(output);
                }
            }

            double cp = CaseResult.Median(copies);
            text.AppendLine(CultureInfo.InvariantCulture, $"| `cp`, {size} MiB | {cp * 1000:0} | | 1.00 | |");
            if (python is not null)
            {
                double save = CaseResult.Median(saves);
                text.AppendLine(CultureInfo.InvariantCulture, $"| PyTorch {python.Version}: `torch.load`, `torch.save`, with its start | {save * 1000:0} | | {cp / save:0.00} | |");
            }

            for (int i = 0; i < Ways.Length; i++)
            {
                var result = CaseResult.Median(results[i]);
                double again = result[Step.LoadedAgain].Seconds;
                text.AppendLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {Ways[i].Name} | {result[Step.Loaded].Seconds * 1000:0} | {again * 1000:0} | {cp / again:0.00} | {result.PeakGrowth / MebiByte:0.0} |"));
                string name = $"convert {size} MiB {Ways[i].Name}";
                targets.Add(Target.AtLeast($"{name}: speed of `cp`", cp / again, Ways[i].Type.Length == 0 ? SpeedOverCopy : SpeedOverCopyWithCast, "{0:0.00} times"));
                targets.Add(Target.AtMost($"{name}: peak private growth", result.PeakGrowth / MebiByte, PeakMebiBytes, "{0:0.0} MiB"));
            }
        }
        finally
        {
            File.Delete(path);
            File.Delete(copy);
        }
    }

    /// <summary>Runs a program that writes a file, and removes the file.</summary>
    private static double Time(string program, string[] arguments, string output)
    {
        long started = Stopwatch.GetTimestamp();
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        File.Delete(output);
        return process.ExitCode == 0 ? seconds : throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with exit code {process.ExitCode}.");
    }
}

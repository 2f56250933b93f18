using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LowMem.Benchmarks;

/// <summary>
/// What a person at the prompt waits for: a checkpoint of many keys as a drive, as a tree, as patterns, and keys that are completed; next to
/// PowerShell's own way through a folder of as many files.
/// </summary>
internal sealed class ExploreBenchmark : IBenchmark
{
    private const string Title = "Exploring at the prompt";
    private const double CdSeconds = 0.05;
    private const double DirSeconds = 0.6;
    private const double CompletionSeconds = 0.03;

    /// <summary>To make the files takes longer than to measure.</summary>
    private const int MostRuns = 3;

    private static readonly (string Name, string Step)[] Rows =
    [
        ("`cd` into a module", "cd"), ("FileSystem: `cd` into a folder", "cd-files"),
        ("`dir` of all tensors", "dir"), ("FileSystem: `dir` of as many files", "dir-files"),
        ("`Get-CheckpointInfo -Tree`", "tree"), ("`Get-CheckpointInfo -Pattern`", "pattern"),
        ("a key completed", "complete"), ("FileSystem: a file name completed", "complete-files"),
    ];

    private static readonly string[] Listed = ["dir", "dir-files"];

    public string Name => "explore";

    public Section Run(string directory, BenchmarkOptions options)
    {
        if (options.PowerShell.Count == 0)
        {
            return new Section(Title, "Not measured: the program was not told which PowerShell and module to run.", []);
        }

        var folder = Path.Combine(directory, "explore");
        try
        {
            var checkpoint = Path.Combine(Directory.CreateDirectory(folder).FullName, "many.safetensors");
            Write(checkpoint, folder, options.TensorCount);
            var runs = new List<CaseResult>();
            for (var run = 1; run <= Math.Min(options.Runs, MostRuns); run++)
            {
                Console.Error.WriteLine($"Exploring {options.TensorCount} keys, run {run} of {Math.Min(options.Runs, MostRuns)}");
                runs.Add(CaseProcess.Run(new ProcessStartInfo(
                    options.PowerShell[0],
                    [
                        .. options.PowerShell.Skip(1), "-NoProfile", "-File", Path.Combine(AppContext.BaseDirectory, "powershell", "explore.ps1"),
                        options.Module!, checkpoint, folder,
                    ])));
            }

            return ToSection(CaseResult.Median(runs), options.TensorCount);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Write(string checkpoint, string folder, int count)
    {
        var table = Directory.CreateDirectory(Path.Combine(folder, "table")).FullName;
        var header = new StringBuilder("{");
        for (var i = 0; i < count; i++)
        {
            File.Create(Path.Combine(table, $"row{i:00000}")).Dispose();
            header.Append(
                CultureInfo.InvariantCulture,
                $"{(i > 0 ? "," : string.Empty)}\"table.row{i:00000}\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[{4L * i},{(4L * i) + 4}]}}");
        }

        var text = Encoding.UTF8.GetBytes(header.Append('}').ToString());
        using var file = File.Create(checkpoint);
        file.Write(BitConverter.GetBytes((long)text.Length));
        file.Write(text);
        file.SetLength(sizeof(long) + text.Length + (4L * count));
    }

    private static Section ToSection(CaseResult result, int count)
    {
        foreach (var step in Listed)
        {
            if (result[step].Value != count)
            {
                throw new InvalidOperationException($"{step} went through {result[step].Value} items of {count}.");
            }
        }

        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"A safetensors file of {count} tensors in one module, and a folder of {count} files, in one session:");
        text.AppendLine();
        text.AppendLine("| | first, ms | after that, ms |");
        text.AppendLine("|---|---:|---:|");
        foreach (var (name, step) in Rows)
        {
            text.AppendLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {result[$"{step}-first"].Seconds * 1000:0.0} | {result[step].Seconds * 1000:0.0} |"));
        }

        return new Section(
            Title,
            text.ToString(),
            [
                Target.AtMost("`cd` in a drive that is listed", result["cd"].Seconds * 1000, CdSeconds * 1000, "{0:0.0} ms"),
                Target.AtMost($"`dir` of {count} tensors", result["dir"].Seconds, DirSeconds, "{0:0.00} s"),
                Target.AtMost($"complete a key of {count}, after the first", result["complete"].Seconds * 1000, CompletionSeconds * 1000, "{0:0.0} ms"),
            ]);
    }
}

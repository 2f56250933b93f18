using System.Diagnostics;
using System.Globalization;
using System.Reflection.PortableExecutable;
using System.Text;
using LowMem.CheckpointMaker;

namespace LowMem.Benchmarks;

/// <summary>What a session takes longer to start with the module in it, and with a first listing, next to PowerShell alone.</summary>
internal sealed class StartupBenchmark : IBenchmark
{
    private const string Title = "Starting";
    private const double ImportMilliseconds = 100;
    private const double ListingMilliseconds = 60;
    private const int TensorCount = 8;

    /// <summary>A process takes half a second: as many runs as make a median steady.</summary>
    private const int RunsForEach = 3;

    public string Name => "startup";

    public Section Run(string directory, BenchmarkOptions options)
    {
        if (options.PowerShell.Count == 0)
        {
            return new Section(Title, "Not measured: the program was not told which PowerShell and module to run.", []);
        }

        var checkpoint = Path.Combine(directory, "startup.pt");
        var empty = Path.Combine(directory, "Empty.psd1");
        try
        {
            SmallTensors.Write(checkpoint, TensorCount);
            File.WriteAllText(empty, "@{ ModuleVersion = '1.0'; FunctionsToExport = @(); CmdletsToExport = @(); AliasesToExport = @() }");
            (string Name, string[] Arguments, List<(double Clock, double Processor)> Runs)[] ways =
            [
                ("PowerShell alone", [], []),
                ("with `Import-Module` of a module that has nothing in it", [empty], []),
                ("with `Import-Module` of LowMem", [options.Module!], []),
                ($"with a first listing, of {TensorCount} tensors", [options.Module!, checkpoint], []),
            ];
            var isCompiled = false;
            for (var run = 1; run <= RunsForEach * options.Runs; run++)
            {
                Console.Error.WriteLine($"Starting PowerShell, run {run} of {RunsForEach * options.Runs}");
                foreach (var way in ways)
                {
                    var (clock, processor, assembly) = Start(options, way.Arguments);
                    way.Runs.Add((clock, processor));
                    isCompiled = IsCompiled(assembly);
                }
            }

            return ToSection(isCompiled, [.. ways.Select(way => (
                way.Name,
                CaseResult.Median(way.Runs.Select(run => run.Clock)),
                CaseResult.Median(way.Runs.Select(run => run.Processor))))]);
        }
        finally
        {
            File.Delete(checkpoint);
            File.Delete(empty);
        }
    }

    /// <summary>Milliseconds until a session has done what it was started for, and of processor time; the assembly that PowerShell is in.</summary>
    private static (double Clock, double Processor, string Assembly) Start(BenchmarkOptions options, string[] arguments)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "powershell", "startup.ps1");
        var start = new ProcessStartInfo(options.PowerShell[0], [.. options.PowerShell.Skip(1), "-NoProfile", "-NonInteractive", "-File", script, .. arguments])
        {
            RedirectStandardOutput = true,
        };
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{start.FileName}' does not start.");
        var said = process.StandardOutput.ReadLine();
        var clock = Stopwatch.GetElapsedTime(started);
        var assembly = process.StandardOutput.ReadLine();
        process.WaitForExit();
        return process.ExitCode == 0 && double.TryParse(said, CultureInfo.InvariantCulture, out var seconds)
            ? (clock.TotalMilliseconds, seconds * 1000, assembly!)
            : throw new InvalidOperationException($"'{script}' ended with exit code {process.ExitCode} and said '{said}'.");
    }

    /// <summary>Whether an assembly has machine code beside its IL.</summary>
    private static bool IsCompiled(string assembly)
    {
        using var reader = new PEReader(File.OpenRead(assembly));
        return reader.PEHeaders.CorHeader?.ManagedNativeHeaderDirectory.Size > 0;
    }

    private static Section ToSection(bool isCompiled, (string Name, double Clock, double Processor)[] ways)
    {
        var text = new StringBuilder();
        text.AppendLine("A session of its own each time, from the start of the process. Processor time has in it what is compiled on another core meanwhile; a busy machine changes it least.");
        text.AppendLine(isCompiled
            ? "This PowerShell is compiled ahead of time, as its installers and system packages bring it:"
            : "This PowerShell is not compiled ahead of time, as the .NET tool: most of an import is its own code, which is compiled meanwhile:");
        text.AppendLine();
        text.AppendLine("| | ms | more than the line above | processor, ms | more than the line above |");
        text.AppendLine("|---|---:|---:|---:|---:|");
        for (var i = 0; i < ways.Length; i++)
        {
            var (name, clock, processor) = ways[i];
            var more = i == 0
                ? (Clock: string.Empty, Processor: string.Empty)
                : (Clock: Round(clock - ways[i - 1].Clock), Processor: Round(processor - ways[i - 1].Processor));
            text.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {Round(clock)} | {more.Clock} | {Round(processor)} | {more.Processor} |");
        }

        return new Section(
            Title,
            text.ToString(),
            [
                Target.AtMost("import the module: over PowerShell alone", ways[2].Clock - ways[0].Clock, ImportMilliseconds, "{0:0} ms"),
                Target.AtMost("list a first checkpoint: over that", ways[3].Clock - ways[2].Clock, ListingMilliseconds, "{0:0} ms"),
            ]);
    }

    private static string Round(double milliseconds) => milliseconds.ToString("0", CultureInfo.InvariantCulture);
}

using System.Diagnostics;
using System.Globalization;
using LowMem.Benchmarks.Cases;
using LowMem.Loader.Memory;

namespace LowMem.Benchmarks;

/// <summary>Runs one case in a process of its own, and watches its memory from outside, the same way for all.</summary>
internal static class CaseProcess
{
    private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(3);

    /// <summary>What starts a case of this program.</summary>
    public static ProcessStartInfo Own(string name, params string[] arguments)
    {
        // Started by "dotnet x.dll", the process is dotnet, and the first argument is the assembly.
        var isDotnet = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        string[] host = isDotnet ? [typeof(CaseProcess).Assembly.Location] : [];
        return new ProcessStartInfo(Environment.ProcessPath!, [.. host, "case", name, .. arguments]);
    }

    /// <summary>Runs a program that speaks the protocol of <see cref="Step"/>.</summary>
    /// <param name="start">What to start.</param>
    /// <param name="memoryNeeded">How much memory it is going to take: that much is made ready once it has started up.</param>
    public static CaseResult Run(ProcessStartInfo start, long memoryNeeded = 0)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        var program = $"{Path.GetFileName(start.FileName)} {string.Join(' ', start.ArgumentList)}";
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{program}' does not start.");
        try
        {
            if (ReadStep(process, out _) is not (Step.Ready, _))
            {
                throw new InvalidOperationException($"'{program}' does not say that it is ready.");
            }

            FreshMemory.MakeReady(memoryNeeded);
            var before = Measure(process);
            process.StandardInput.WriteLine();

            var steps = new Dictionary<string, StepFigures>(StringComparer.Ordinal);
            long peak = 0;
            while (ReadStep(process, out var stepPeak) is var (name, figures))
            {
                var kept = Measure(process);
                steps.Add(name, figures with { KeptGrowth = kept - before });
                if (name == Step.Loaded || !steps.ContainsKey(Step.Loaded))
                {
                    peak = Math.Max(peak, Math.Max(stepPeak, kept) - before);
                }

                process.StandardInput.WriteLine();
            }

            process.WaitForExit();
            return process.ExitCode == 0
                ? new CaseResult(peak, steps)
                : throw new InvalidOperationException($"'{program}' ended with exit code {process.ExitCode}.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    /// <summary>Waits for the end of a step; null when there are no more.</summary>
    private static (string Name, StepFigures Figures)? ReadStep(Process process, out long peak)
    {
        var line = process.StandardOutput.ReadLineAsync();
        peak = 0;
        while (!line.Wait(SampleInterval) && !process.HasExited)
        {
            peak = Math.Max(peak, Measure(process));
        }

        return line.Result?.Split(' ') switch
        {
            null => null,
            [var name, var seconds, var value] => (name, new StepFigures(Parse(seconds), Parse(value), KeptGrowth: 0)),
            _ => throw new InvalidOperationException($"'{process.StartInfo.FileName}' said '{line.Result}', which is no step."),
        };
    }

    /// <summary>The private bytes of a process. One that ends between two looks has none; how it ended, its exit code tells.</summary>
    private static long Measure(Process process)
    {
        try
        {
            return ProcessMemory.GetPrivateBytes(process.Id);
        }
        catch (ArgumentException)
        {
            return 0;
        }
    }

    private static double Parse(string number) => double.Parse(number, CultureInfo.InvariantCulture);
}

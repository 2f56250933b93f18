using System.Diagnostics;
using System.Globalization;
using LowMem.Loader.Memory;

namespace LowMem.Benchmarks;

/// <summary>Runs one case in a process of its own, and watches its memory from outside, the same way for all.</summary>
internal static class CaseProcess
{
    private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(3);

    /// <summary>Runs a program that speaks the protocol of <see cref="LoadCase"/>.</summary>
    public static CaseResult Run(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{program}' does not start.");
        try
        {
            Wait(process, "ready");
            var before = ProcessMemory.GetPrivateBytes(process.Id);
            process.StandardInput.WriteLine();

            var (load, _, peak) = Wait(process, "loaded");
            var after = ProcessMemory.GetPrivateBytes(process.Id);
            process.StandardInput.WriteLine();

            var (use, checksum, _) = Wait(process, "used");
            process.StandardInput.WriteLine();
            process.WaitForExit();
            return new CaseResult(Math.Max(peak, after) - before, after - before, load, use, checksum);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private static (double Seconds, double Checksum, long Peak) Wait(Process process, string phase)
    {
        var line = process.StandardOutput.ReadLineAsync();
        long peak = 0;
        while (!line.Wait(SampleInterval))
        {
            if (process.HasExited)
            {
                break;
            }

            peak = Math.Max(peak, ProcessMemory.GetPrivateBytes(process.Id));
        }

        var words = line.Result?.Split(' ');
        if (words is not [var name, var seconds, var checksum] || name != phase)
        {
            throw new InvalidOperationException($"'{process.StartInfo.FileName}' said '{line.Result}' and not '{phase}'.");
        }

        return (double.Parse(seconds, CultureInfo.InvariantCulture), double.Parse(checksum, CultureInfo.InvariantCulture), peak);
    }
}

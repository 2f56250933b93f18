using System.Diagnostics;

namespace LowMem.PowerShellHost.Tests;

/// <summary>Ctrl+C and a polite kill. Windows has no signals to send to a process.</summary>
public sealed class InterruptionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void Ends_a_running_pipeline(string signal, int exitCode) =>
        AssertEnds("'ready'; while ($true) { }", signal, exitCode);

    [Fact]
    public void Ends_a_sleeping_pipeline() => AssertEnds("'ready'; Start-Sleep 50", "INT", 130);

    [Fact]
    public void Ends_a_pipeline_that_cannot_be_stopped() =>
        AssertEnds("'ready'; [Threading.Thread]::Sleep(50000)", "INT", 130);

    [Fact]
    public void Ends_the_native_command_that_runs()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are for Unix.");
        using HostRun run = HostRun.Start("-Command", "'ready'; sh -c 'echo child $$; exec sleep 50'");
        run.WaitForOutput("child ");
        int child = int.Parse(run.Output.Split("child ")[1].Trim(), System.Globalization.CultureInfo.InvariantCulture);
        Interrupt(run, "INT");
        Assert.Equal(130, run.ExitCode);
        Assert.True(SpinWait.SpinUntil(() => !IsRunning(child), Limit), $"Process {child} still runs.");
    }

    [Fact]
    public void Runs_finally_blocks()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are for Unix.");
        using var folder = new TemporaryFolder();
        string marker = Path.Combine(folder.Path, "cleaned");
        using HostRun run = HostRun.Start(
            "-Command", $"try {{ 'ready'; Start-Sleep 50 }} finally {{ [IO.File]::WriteAllText('{marker}', '') }}");
        run.WaitForOutput("ready");
        Interrupt(run, "INT");
        Assert.True(File.Exists(marker));
    }

    private static void AssertEnds(string text, string signal, int exitCode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are for Unix.");
        using HostRun run = HostRun.Start("-Command", text);
        run.WaitForOutput("ready");
        long start = Stopwatch.GetTimestamp();
        Interrupt(run, signal);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        Assert.Equal(exitCode, run.ExitCode);
        Assert.True(elapsed < Limit, $"It took {elapsed}.");
    }

    private static void Interrupt(HostRun run, string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", $"{run.ProcessId}"]);
        kill.WaitForExit();
        run.WaitForEnd();
    }

    private static bool IsRunning(int processId)
    {
        // A zombie has ended, though nobody has asked for its exit code yet.
        string stat = $"/proc/{processId}/stat";
        return File.Exists(stat) && !File.ReadAllText(stat).Contains(") Z ", StringComparison.Ordinal);
    }
}

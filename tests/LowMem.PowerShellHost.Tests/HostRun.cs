using System.Diagnostics;
using System.Text;

namespace LowMem.PowerShellHost.Tests;

/// <summary>The host as a process of its own, as users start it.</summary>
internal sealed class HostRun : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    private HostRun(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileName(path) is "dotnet" or "dotnet.exe"
            ? path
            : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "PowerShellHost.dll"));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) => Append(_output, e.Data);
        _process.ErrorDataReceived += (_, e) => Append(_error, e.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int ProcessId => _process.Id;

    public string Output => Read(_output);

    public string Error => Read(_error);

    public int ExitCode => _process.ExitCode;

    /// <summary>Starts the host and leaves it running.</summary>
    public static HostRun Start(params IEnumerable<string> arguments) => new(arguments);

    /// <summary>Runs the host to its end.</summary>
    public static HostRun ToEnd(params IEnumerable<string> arguments)
    {
        HostRun run = Start(arguments);
        run.WaitForEnd();
        return run;
    }

    /// <summary>Runs text given with -Command.</summary>
    public static HostRun Command(string text) => ToEnd("-Command", text);

    public void WaitForEnd()
    {
        if (!_process.WaitForExit(Limit))
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"The host did not end within {Limit}. It wrote:\n{Output}\n{Error}");
        }

        // The overload with a limit does not wait for the last lines.
        _process.WaitForExit();
    }

    public void WaitForOutput(string text)
    {
        Assert.True(
            SpinWait.SpinUntil(() => Output.Contains(text, StringComparison.Ordinal) || _process.HasExited, Limit),
            $"'{text}' did not come. Output: {Output} {Error}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static void Append(StringBuilder builder, string? line)
    {
        lock (builder)
        {
            if (line is not null)
            {
                builder.Append(line).Append('\n');
            }
        }
    }

    private static string Read(StringBuilder builder)
    {
        lock (builder)
        {
            return builder.ToString();
        }
    }
}

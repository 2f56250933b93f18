using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Runtime.InteropServices;
using LowMem.PowerShellHost.StandIns;
using Microsoft.PowerShell;

namespace LowMem.PowerShellHost;

/// <summary>Runs one command line on the engine, from opening it to the exit code.</summary>
internal sealed class ScriptRunner(CommandLine commandLine)
{
    /// <summary>A pipeline stuck in native code cannot be stopped; after this long the process just ends.</summary>
    private static readonly TimeSpan GraceAfterSignal = TimeSpan.FromMilliseconds(700);

    private readonly ConsoleStreams _streams = ConsoleStreams.OfThisProcess();
    private readonly Lock _lock = new();
    private PowerShell? _running;
    private int? _signalExitCode;

    public int Run()
    {
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(
            PosixSignal.SIGINT, context => OnSignal(context, ExitCodes.Interrupted));
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM, context => OnSignal(context, ExitCodes.Terminated));

        var host = new ConsoleHost(_streams);
        using Runspace runspace = RunspaceFactory.CreateRunspace(host, CreateSessionState());
        runspace.Open();
        Runspace.DefaultRunspace = runspace;
        PSStyle.Instance.OutputRendering = _streams.UseColor ? OutputRendering.Host : OutputRendering.PlainText;
        EngineInternals.LetExitEndTheRun(runspace);

        bool succeeded = Invoke(runspace);
        return _signalExitCode
            ?? host.RequestedExitCode
            ?? (succeeded ? ExitCodes.Success : ExitCodes.Failed);
    }

    private static InitialSessionState CreateSessionState()
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = ExecutionPolicy.Bypass;
        }

        StandInCommands.AddTo(state);
        return state;
    }

    /// <returns>False after an uncaught terminating error.</returns>
    private bool Invoke(Runspace runspace)
    {
        using var pipeline = PowerShell.Create(runspace);
        try
        {
            AddCommands(pipeline);
            if (!Start(pipeline))
            {
                return false;
            }

            pipeline.Invoke(null, new PSInvocationSettings { AddToHistory = false });
            return true;
        }
        catch (PipelineStoppedException)
        {
            return false;
        }
        catch (RuntimeException exception)
        {
            ShowError(runspace, exception.ErrorRecord);
            return false;
        }
        finally
        {
            lock (_lock)
            {
                _running = null;
            }
        }
    }

    private void AddCommands(PowerShell pipeline)
    {
        Command command = commandLine.File is { } file
            ? new Command(file, isScript: false, useLocalScope: false)
            : new Command(ExitWithLastStatus(commandLine.Command!), isScript: true, useLocalScope: false);
        foreach (CommandParameter argument in commandLine.Arguments)
        {
            command.Parameters.Add(argument);
        }

        // As in pwsh: errors travel with the output into Out-Default, which keeps both in order.
        command.MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.Commands.AddCommand(command).AddCommand("Out-Default");
    }

    /// <summary>
    /// With -Command, a failed last statement is exit code 1, as in pwsh. Only the script itself sees its <c>$?</c>:
    /// after the run it is that of Out-Default.
    /// </summary>
    private static string ExitWithLastStatus(string command)
    {
        Parser.ParseInput(command, out _, out ParseError[] errors);

        // Without a file, the engine says nothing of text that ends too early: it would prompt for the rest.
        return errors.Length > 0 ? throw new ParseException(errors) : command + "\nif (-not $?) { exit 1 }";
    }

    /// <returns>False when a signal came before there was a pipeline to stop.</returns>
    private bool Start(PowerShell pipeline)
    {
        lock (_lock)
        {
            _running = pipeline;
            return _signalExitCode is null;
        }
    }

    /// <summary>Formats an error the way the engine formats those that a script only reports.</summary>
    private static void ShowError(Runspace runspace, ErrorRecord error)
    {
        var marked = new PSObject(error);
        EngineInternals.MarkAsErrorOutput(marked);
        using var pipeline = PowerShell.Create(runspace);
        pipeline.AddCommand("Out-Default").AddParameter("InputObject", marked).Invoke();
    }

    private void OnSignal(PosixSignalContext context, int exitCode)
    {
        context.Cancel = true;
        lock (_lock)
        {
            if (_signalExitCode is not null)
            {
                return;
            }

            _signalExitCode = exitCode;
            _running?.BeginStop(null, null);
        }

        var watchdog = new Thread(() =>
        {
            Thread.Sleep(GraceAfterSignal);
            ChildProcesses.Kill();
            Environment.Exit(exitCode);
        })
        {
            IsBackground = true,
            Name = "Exit after signal",
        };
        watchdog.Start();
    }
}

using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace LowMem.PowerShellHost;

/// <summary>
/// The native commands that a script runs. Ctrl+C in a terminal reaches them by itself; a signal sent to the host alone
/// does not, and the engine leaves a command that writes straight to the terminal running.
/// </summary>
internal static class ChildProcesses
{
    /// <summary>Ends the children of this process and theirs. Linux only: elsewhere the parent is not told.</summary>
    public static void Kill()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        foreach (Process process in Process.GetProcesses())
        {
            try
            {
                if (ParentOf(process.Id) == Environment.ProcessId)
                {
                    process.Kill(entireProcessTree: true);
                }
            }
            catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or IOException
                or UnauthorizedAccessException)
            {
                // It ended by itself meanwhile, or it is not ours to look at.
            }
        }
    }

    /// <summary>Field 4 of /proc/PID/stat, counted from behind the name, which may hold spaces and parentheses.</summary>
    private static int ParentOf(int processId)
    {
        string stat = File.ReadAllText($"/proc/{processId}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
    }
}

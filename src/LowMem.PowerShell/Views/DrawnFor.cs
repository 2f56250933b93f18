using System.Diagnostics;

namespace LowMem.PowerShell.Views;

/// <summary>Where what is drawn goes.</summary>
internal static class DrawnFor
{
    // A view is not told what it is drawn for. The command that asks for it is on the stack; where its name is another one day, what it
    // writes is drawn for the window, as PowerShell draws tables.
    private static readonly string[] Takers = ["Microsoft.PowerShell.Commands.OutStringCommand", "Microsoft.PowerShell.Commands.OutFileCommand"];

    private const string Shower = "Microsoft.PowerShell.Commands.OutDefaultCommand";

    /// <summary>Whether it is a file, a variable or another program that gets the text, and no window.</summary>
    public static bool Text()
    {
        foreach (var frame in new StackTrace(fNeedFileInfo: false).GetFrames())
        {
            string? type = frame.GetMethod()?.DeclaringType?.FullName;
            if (type == Shower)
            {
                return false;
            }

            if (Array.IndexOf(Takers, type) >= 0)
            {
                return true;
            }
        }

        return false;
    }
}

using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace LowMem.PowerShellHost.StandIns;

/// <summary>
/// Stand-ins for commands of the Utility and Management modules, which the engine's package does not contain. Each has
/// only the parameters that scripts of this repository use, under their real names; any other one fails to bind.
/// </summary>
internal static class StandInCommands
{
    /// <summary>Adds every stand-in whose name the session does not know yet.</summary>
    public static void AddTo(InitialSessionState state)
    {
        foreach (Type type in Assembly.GetExecutingAssembly().GetTypes())
        {
            if (type.GetCustomAttribute<CmdletAttribute>() is not { } attribute)
            {
                continue;
            }

            string name = $"{attribute.VerbName}-{attribute.NounName}";
            if (state.Commands[name].Count == 0)
            {
                state.Commands.Add(new SessionStateCmdletEntry(name, type, helpFileName: null));
            }
        }
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using LowMem.PowerShellHost;

CommandLine commandLine;
try
{
    commandLine = CommandLine.Parse(args);
}
catch (CommandLineException exception)
{
    Console.Error.WriteLine(exception.Message);
    Console.Error.WriteLine(CommandLine.Usage);
    return ExitCodes.BadCommandLine;
}

if (commandLine.ShowUsage)
{
    Console.WriteLine(CommandLine.Usage);
    return ExitCodes.Success;
}

// Modules look up their help by culture; without ICU the process would start in the nameless one.
CultureInfo.CurrentUICulture = CultureInfo.DefaultThreadCurrentUICulture = new CultureInfo("en-US");

// A script that starts this program again may do so by its own executable, which looks for .NET in fixed places only.
if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is null)
{
    string runtime = RuntimeEnvironment.GetRuntimeDirectory();
    Environment.SetEnvironmentVariable("DOTNET_ROOT", Path.GetFullPath(Path.Combine(runtime, "..", "..", "..")));
}

return new ScriptRunner(commandLine).Run();

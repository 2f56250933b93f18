using System.Globalization;
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

return new ScriptRunner(commandLine).Run();

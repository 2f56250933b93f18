using LowMem.Checkpoints.Tests.Conversion;
using Xunit.Runner.InProc.SystemConsole;

namespace LowMem.Checkpoints.Tests;

/// <summary>Runs the tests; or, as a child of one of them, what the test wants a process for.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments) => KilledChild.IsChild ? KilledChild.Run() : await ConsoleRunner.Run(arguments);
}

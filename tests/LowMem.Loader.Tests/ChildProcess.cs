using System.Diagnostics;

namespace LowMem.Loader.Tests;

/// <summary>Runs one test of this assembly in a process of its own, for what depends on how a process starts, or on its memory.</summary>
internal static class ChildProcess
{
    private const string Variable = "LOWMEM_TEST_CHILD";

    /// <summary>Skips a test that is not run by <see cref="RunAsync"/>.</summary>
    public static void SkipUnlessChild() => Assert.SkipUnless(
        Environment.GetEnvironmentVariable(Variable) == "1", "it needs a process of its own; another test here starts one for it");

    /// <summary>Runs a test that begins with <see cref="SkipUnlessChild"/>, and fails when it does.</summary>
    public static async Task RunAsync(Type type, string test, string directory, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(Path.Combine(directory, "LowMem.Loader.Tests")) { RedirectStandardOutput = true };
        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{type.FullName}.{test}");
        start.Environment[Variable] = "1";
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var child = Process.Start(start)!;
        var output = await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(child.ExitCode == 0, output);
        Assert.Contains("Total: 1", output, StringComparison.Ordinal);
        Assert.Contains("Skipped: 0", output, StringComparison.Ordinal);
    }
}

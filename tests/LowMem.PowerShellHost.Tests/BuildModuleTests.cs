namespace LowMem.PowerShellHost.Tests;

/// <summary>What build.ps1 makes of a run of tests (tools/Build.psm1).</summary>
public sealed class BuildModuleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Counts_the_tests_of_the_commands()
    {
        using HostRun run = Test("It 'x' { }; It 'y' { throw 'broken' }; It 'z' -Skip { }");
        Assert.EndsWith("\nPesterSubset 1 1 1\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Does_not_take_a_test_that_ends_the_process_for_a_success(int exitCode)
    {
        using HostRun run = Test($"It 'x' {{ exit {exitCode} }}");
        Assert.Equal(1, run.ExitCode);
        Assert.DoesNotContain("PesterSubset 0", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_a_native_command_that_failed()
    {
        using HostRun run = Run("Invoke-Native dotnet @('no-such-command')");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("'dotnet no-such-command' ended with exit code 1", Unwrap(run.Error), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_a_script_that_is_not_there()
    {
        using HostRun run = Run("Invoke-Script ./missing.ps1");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("There is no './missing.ps1'", Unwrap(run.Error), StringComparison.Ordinal);
    }

    private HostRun Test(string body)
    {
        _folder.Write("a.Tests.ps1", $"Describe 'd' {{ {body} }}");
        return Run(
            $"$c = Invoke-CommandTest -Path '{_folder.Path}' -ToolsDirectory '{AppContext.BaseDirectory}'; "
            + "\"$($c.Name) $($c.Passed) $($c.Failed) $($c.Skipped)\"");
    }

    private static HostRun Run(string text) => HostRun.Command(
        $"$ErrorActionPreference = 'Stop'; Import-Module '{Path.Combine(AppContext.BaseDirectory, "Build.psm1")}'; {text}");

    /// <summary>The engine wraps a long message, with a bar in front of each line.</summary>
    private static string Unwrap(string error) => error.Replace("\n     | ", " ", StringComparison.Ordinal);
}

namespace LowMem.PowerShellHost.Tests;

/// <summary>
/// That the runner fails what must fail. That it passes what must pass is tested in tests/Pester/Tools, in real Pester
/// too.
/// </summary>
public sealed class PesterSubsetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("It 'x' -Pending { }", "'Pending'")]
    [InlineData("It 'x' -ForEach @() { }", "-ForEach of It 'x' is empty")]
    [InlineData("Context 'x' -ForEach $null { }", "-ForEach of Context 'x' is empty")]
    [InlineData("It 'x <a b>' { }", "'<a b>'")]
    [InlineData("It 'x'", "missing mandatory parameters: Test")]
    [InlineData("BeforeAll { }; BeforeAll { }; It 'x' { }", "BeforeAll is there twice")]
    [InlineData("NoSuchCommand", "'NoSuchCommand' is not recognized")]
    [InlineData("InModuleScope Sample { }; It 'x' { }", "'InModuleScope' is not recognized")]
    public Task What_it_does_not_understand_in_a_block_fails(string body, string message) => AssertFails(body, message);

    [Theory]
    [InlineData("BeforeAll { throw 'broken' }; It 'x' { }; Context 'c' { It 'y' { } }", "BeforeAll failed: broken", 2)]
    [InlineData("BeforeEach { throw 'broken' }; It 'x' { }; It 'y' { }", "broken", 2)]
    [InlineData("AfterEach { throw 'broken' }; It 'x' { }", "broken", 1)]
    [InlineData("BeforeAll { break }; It 'x' { }", "ended by break", 1)]
    [InlineData("BeforeEach { continue }; It 'x' { }", "ended by break", 1)]
    [InlineData("AfterEach { break }; It 'x' { }", "ended by break", 1)]
    public Task A_failing_setup_fails_its_tests(string body, string message, int failed) => AssertFails(body, message, failed);

    [Fact]
    public async Task A_failing_AfterAll_is_a_failure_beside_its_tests()
    {
        using HostRun run = await RunAsync("AfterAll { throw 'broken' }; It 'x' { }");
        Assert.Equal(1, run.ExitCode);
        Assert.EndsWith("1 passed, 1 failed, 0 skipped\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_names_the_line_of_its_test()
    {
        using HostRun run = await RunAsync("\nIt 'x' {\n    1 | Should -Be 2\n}\n");
        Assert.Contains($"{Path.Combine(_folder.Path, "a.Tests.ps1")}: line 3\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("[-] d > x\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_needs_a_full_PowerShell_is_skipped_by_name()
    {
        using HostRun run = await RunAsync(
            "It 'x' -Tag FullPowerShell { throw 'ran' }; Context 'c' -Tag Slow, FullPowerShell { It 'y' { throw 'ran' } }; It 'z' { }");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("[!] d > x: skipped, needs a full PowerShell (tag FullPowerShell)\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("[!] d > c > y: skipped, needs a full PowerShell (tag FullPowerShell)\n", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("1 passed, 0 failed, 2 skipped\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_in_discovery_fails_the_file_and_the_next_file_runs()
    {
        _folder.Write("b.Tests.ps1", "Describe 'b' { It 'x' { } }");
        using HostRun run = await RunAsync("throw 'broken'");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("[-] discovery\n      broken\n", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("1 passed, 1 failed, 0 skipped\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void No_test_file_is_an_error()
    {
        using HostRun run = HostRun.ToEnd("-File", Runner, _folder.Path);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("There is no *.Tests.ps1 file", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_filter_chooses_tests_by_their_full_name()
    {
        _folder.Write("a.Tests.ps1", "Describe 'd' { It 'x' { }; It 'y' { throw 'ran' } }");
        using HostRun run = HostRun.ToEnd("-File", Runner, _folder.Path, "-FullNameFilter", "d > x");
        Assert.EndsWith("1 passed, 0 failed, 0 skipped\n", run.Output, StringComparison.Ordinal);
    }

    internal static string Runner => Path.Combine(AppContext.BaseDirectory, "PesterSubset", "Invoke-PesterSubset.ps1");

    private Task<HostRun> RunAsync(string body)
    {
        _folder.Write("a.Tests.ps1", $"Describe 'd' {{ {body} }}");
        return Task.Run(() => HostRun.ToEnd("-File", Runner, _folder.Path));
    }

    private async Task AssertFails(string body, string message, int failed = 1)
    {
        using HostRun run = await RunAsync(body);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Output, StringComparison.Ordinal);
        Assert.EndsWith($"0 passed, {failed} failed, 0 skipped\n", run.Output, StringComparison.Ordinal);
    }
}

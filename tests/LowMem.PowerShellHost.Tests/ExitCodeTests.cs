namespace LowMem.PowerShellHost.Tests;

public sealed class ExitCodeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("exit 7", 7)]
    [InlineData("'text'", 0)]
    [InlineData("throw 'broken'", 1)]
    [InlineData("$ErrorActionPreference = 'Stop'; Get-Item /no/such/item", 1)]
    [InlineData("Get-Item /no/such/item", 0)]
    [InlineData("dotnet no-such-command *> $null", 0)]
    [InlineData("if (", 1)]
    public void Of_a_script(string text, int expected)
    {
        string script = _folder.Write("a.ps1", text);
        using HostRun run = HostRun.ToEnd("-File", script);
        Assert.Equal(expected, run.ExitCode);
    }

    [Theory]
    [InlineData("exit 7", 7)]
    [InlineData("1", 0)]
    [InlineData("1 # comment", 0)]
    [InlineData("throw 'broken'", 1)]
    [InlineData("Get-Item /no/such/item; 1", 0)]
    [InlineData("1; Get-Item /no/such/item", 1)]
    [InlineData("dotnet no-such-command *> $null", 1)]
    [InlineData("if (", 1)]
    public void Of_a_command(string text, int expected)
    {
        using HostRun run = HostRun.Command(text);
        Assert.Equal(expected, run.ExitCode);
    }

    [Fact]
    public void Of_a_script_called_by_a_script_ends_the_whole_run_only_there()
    {
        _folder.Write("inner.ps1", "exit 3");
        string outer = _folder.Write("outer.ps1", "& \"$PSScriptRoot/inner.ps1\"; \"inner: $LASTEXITCODE\"; exit 4");
        using HostRun run = HostRun.ToEnd("-File", outer);
        Assert.Equal(4, run.ExitCode);
        Assert.Equal("inner: 3\n", run.Output);
    }

    [Fact]
    public void Of_a_command_line_that_makes_no_sense()
    {
        using HostRun run = HostRun.ToEnd("-Nonsense");
        Assert.Equal(64, run.ExitCode);
        Assert.Contains("Usage: PowerShellHost", run.Error, StringComparison.Ordinal);
    }
}

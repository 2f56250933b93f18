namespace LowMem.PowerShellHost.Tests;

public sealed class ScriptTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Binds_the_arguments_of_a_script()
    {
        string script = _folder.Write("a.ps1", """
            param([string[]] $Task, [switch] $Fast, [int] $Count, [Parameter(ValueFromRemainingArguments)] $Rest)
            "$Task|$Fast|$Count|$Rest"
            """);
        using HostRun run = HostRun.ToEnd("-File", script, "-Task", "a,b", "-Fast", "-Count", "4", "x y", "-5");
        Assert.Equal("a,b|True|4|x y -5\n", run.Output);
    }

    [Fact]
    public void An_argument_that_the_script_does_not_know_is_an_error()
    {
        string script = _folder.Write("a.ps1", "[CmdletBinding()] param() 'ran'");
        using HostRun run = HostRun.ToEnd("-File", script, "-Nonsense");
        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Contains("'Nonsense'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Knows_its_place_and_its_engine()
    {
        string script = _folder.Write("a.ps1", "$PSScriptRoot; $MyInvocation.MyCommand.Path; $PSVersionTable.PSEdition; $Host.Name");
        using HostRun run = HostRun.ToEnd("-File", script);
        Assert.Equal($"{_folder.Path}\n{script}\nCore\nLowMem.PowerShellHost\n", run.Output);
    }

    [Fact]
    public void Runs_native_commands_with_their_output_and_exit_code()
    {
        using HostRun run = HostRun.Command("dotnet --version | ForEach-Object { \"got $_\" }; $LASTEXITCODE");
        Assert.Matches(@"^got \d+\.\d+\.\d+\S*\n0\n$", run.Output);
    }

    [Fact]
    public void Imports_modules_with_their_views_and_types()
    {
        string module = _folder.Write("Sample.psd1", """
            @{ ModuleVersion = '1.0'; RootModule = 'Sample.psm1'; FormatsToProcess = 'Sample.format.ps1xml'; FunctionsToExport = 'Get-Sample' }
            """);
        _folder.Write("Sample.psm1", "function Get-Sample { [pscustomobject]@{ PSTypeName = 'Sample'; A = 1; B = 2 } }");
        _folder.Write("Sample.format.ps1xml", """
            <Configuration><ViewDefinitions><View><Name>Sample</Name><ViewSelectedBy><TypeName>Sample</TypeName></ViewSelectedBy>
            <TableControl><TableHeaders><TableColumnHeader><Label>Only B</Label></TableColumnHeader></TableHeaders>
            <TableRowEntries><TableRowEntry><TableColumnItems><TableColumnItem><PropertyName>B</PropertyName></TableColumnItem>
            </TableColumnItems></TableRowEntry></TableRowEntries></TableControl></View></ViewDefinitions></Configuration>
            """);
        using HostRun run = HostRun.Command($"Import-Module '{module}'; Get-Sample");
        Assert.Equal("\nOnly B\n------\n2\n\n", run.Output);
    }

    [Fact]
    public void Runs_jobs_of_ForEach_Object_Parallel()
    {
        using HostRun run = HostRun.Command(
            "$job = 1..3 | ForEach-Object -Parallel { $_ * 2 } -AsJob; $job | Receive-Job -Wait | Sort-Object");
        Assert.Equal("2\n4\n6\n", run.Output);
    }

    [Fact]
    public void Starts_itself_again_by_its_own_executable()
    {
        using HostRun run = HostRun.Command(
            "$name = if ($IsWindows) { 'PowerShellHost.exe' } else { 'PowerShellHost' }; "
            + "& ([IO.Path]::Combine([AppContext]::BaseDirectory, $name)) -NoProfile -Command '$PID; exit 5'; $LASTEXITCODE");
        Assert.Matches(@"^\d+\n5\n$", run.Output);
    }

    [Fact]
    public void Shows_the_help_of_a_function()
    {
        using HostRun run = HostRun.Command(
            "function Get-Sample { <#\n.SYNOPSIS\nSays what it is for.\n#> param($Path) }; (Get-Help Get-Sample).Synopsis");
        Assert.Equal("Says what it is for.\n", run.Output);
    }
}

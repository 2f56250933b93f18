using System.Management.Automation;
using System.Management.Automation.Runspaces;
using LowMem.PowerShellHost.StandIns;
using Microsoft.PowerShell.Commands;

namespace LowMem.PowerShellHost.Tests;

/// <summary>What the stand-ins refuse. What they do is tested in tests/Pester/Tools, against the real commands too.</summary>
public sealed class StandInTests
{
    [Fact]
    public void Leave_a_command_alone_that_is_there_already()
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateFunctionEntry("Join-Path", "'the real one'"));
        StandInCommands.AddTo(state);
        Assert.IsType<SessionStateFunctionEntry>(Assert.Single(state.Commands["Join-Path"]));
        Assert.IsType<SessionStateCmdletEntry>(Assert.Single(state.Commands["Split-Path"]));
    }

    [Fact]
    public void Have_every_parameter_of_Format_Table_from_the_engine()
    {
        Dictionary<string, ParameterMetadata> parameters =
            new CmdletInfo("Format-Table", typeof(FormatTableCommand)).Parameters;
        Assert.All(["Property", "AutoSize", "GroupBy", "Wrap", "View"], name => Assert.Contains(name, parameters.Keys));
    }

    [Theory]
    [InlineData("Get-ChildItem -Include *.txt", "Include")]
    [InlineData("Get-Content x -Encoding utf8", "Encoding")]
    [InlineData("1 | Select-Object -Index 0", "Index")]
    [InlineData("1 | Sort-Object -Top 1", "Top")]
    [InlineData("'a' | Measure-Object -Line", "Line")]
    [InlineData("1 | Group-Object -AsHashTable", "AsHashTable")]
    [InlineData("@{} | ConvertTo-Json -EnumsAsStrings", "EnumsAsStrings")]
    [InlineData("New-Object psobject -Property @{}", "Property")]
    public void Refuse_a_parameter_that_they_do_not_have(string text, string parameter)
    {
        using HostRun run = HostRun.Command($"try {{ {text}; 'ran' }} catch {{ $_.FullyQualifiedErrorId; $_.Exception.ParameterName }}");
        Assert.StartsWith("NamedParameterNotFound,Microsoft.PowerShell.Commands.", run.Output, StringComparison.Ordinal);
        Assert.EndsWith($"\n{parameter}\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1 | Select-Object -First 1 -Last 1")]
    [InlineData("1 | Select-Object A -Unique")]
    public void Refuse_a_combination_that_they_do_not_know(string text)
    {
        using HostRun run = HostRun.Command($"try {{ {text}; 'ran' }} catch {{ $_.Exception.Message }}");
        Assert.StartsWith("This stand-in takes ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Do_not_invent_what_is_not_there()
    {
        using HostRun run = HostRun.Command("Invoke-WebRequest x");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("'Invoke-WebRequest' is not recognized", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Remove_Item_does_not_empty_a_directory_without_Recurse()
    {
        using var folder = new TemporaryFolder();
        folder.Write("x.txt", "");
        using HostRun run = HostRun.Command($"Remove-Item '{folder.Path}'");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("-Recurse", run.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder.Path, "x.txt")));
    }
}

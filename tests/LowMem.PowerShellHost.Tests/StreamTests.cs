namespace LowMem.PowerShellHost.Tests;

public sealed class StreamTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Output_goes_to_stdout_and_the_rest_to_stderr()
    {
        using HostRun run = HostRun.Command(
            "'output'; Write-Host 'host'; Write-Warning 'careful'; Write-Verbose 'detail' -Verbose; Write-Error 'broken'; 1");
        Assert.Equal("output\nhost\n1\n", run.Output);
        Assert.Contains("WARNING: careful\nVERBOSE: detail\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("broken", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_coloured_when_it_is_not_a_terminal()
    {
        using HostRun run = HostRun.Command(
            "[pscustomobject]@{ A = 1 } | Out-Host; \"`e[31mred`e[0m\"; Write-Host 'x' -ForegroundColor Red; Write-Warning 'w'; throw 'broken'");
        Assert.DoesNotContain("\e", run.Output + run.Error, StringComparison.Ordinal);
        Assert.Contains("red\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Output_comes_while_the_script_runs()
    {
        using HostRun run = HostRun.Start("-Command", "'first'; Start-Sleep 50");
        run.WaitForOutput("first");
    }

    [Fact]
    public void Objects_are_formatted_with_their_views()
    {
        using HostRun run = HostRun.Command("[pscustomobject]@{ Name = 'a'; Size = 1 }, [pscustomobject]@{ Name = 'b'; Size = 22 }");
        Assert.Equal("\nName Size\n---- ----\na       1\nb      22\n\n", run.Output);
    }

    [Fact]
    public void An_error_names_its_script_and_line()
    {
        string script = _folder.Write("a.ps1", "'fine'\nthrow 'broken'");
        using HostRun run = HostRun.ToEnd("-File", script);
        Assert.Equal("fine\n", run.Output);
        Assert.Contains($"{script}:2", run.Error, StringComparison.Ordinal);
        Assert.Contains("broken", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_does_not_parse_is_an_error_with_its_place()
    {
        using HostRun run = HostRun.Command("if (");
        Assert.Contains("Missing condition in if statement", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_goes_to_stderr()
    {
        using HostRun run = HostRun.Command(
            "1..13 | ForEach-Object { Write-Progress 'Copying' -Status \"file $_\" -PercentComplete $_; Start-Sleep 0.1 }; 'done'");
        Assert.Equal("done\n", run.Output);
        Assert.Matches(@"^Copying: file \d+ \d+%\n$", run.Error);
    }

    [Theory]
    [InlineData("Import-Module", "missing mandatory parameters: Name")]
    [InlineData("Remove-Item x.txt -Confirm", "never asks")]
    [InlineData("$Host.UI.ReadLine()", "never asks: it cannot show a prompt for a line of text")]
    public void A_question_is_an_error(string text, string message)
    {
        _folder.Write("x.txt", "");
        using HostRun run = HostRun.Command($"Set-Location '{_folder.Path}'; {text}");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder.Path, "x.txt")));
    }
}

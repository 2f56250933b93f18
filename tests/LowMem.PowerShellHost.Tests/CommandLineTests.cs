using System.Management.Automation.Runspaces;

namespace LowMem.PowerShellHost.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Joins_the_words_of_a_command() =>
        Assert.Equal("1 + 1", CommandLine.Parse(["-Command", "1", "+", "1"]).Command);

    [Fact]
    public void Takes_a_first_argument_that_is_no_option_as_a_script()
    {
        string script = _folder.Write("a.ps1", "");
        Assert.Equal(script, CommandLine.Parse([script]).File);
        Assert.Equal(script, CommandLine.Parse(["-NoLogo", "-NoProfile", "-File", script]).File);
    }

    [Fact]
    public void Keeps_names_and_values_apart()
    {
        string script = _folder.Write("a.ps1", "");
        IReadOnlyList<CommandParameter> arguments =
            CommandLine.Parse(["-File", script, "-Task", "Build", "-Fast:$false", "-5", "a b"]).Arguments;
        Assert.Equal(
            [("-Task", null), (null, "Build"), ("-Fast:", false), (null, "-5"), (null, "a b")],
            arguments.Select(argument => ((string?)argument.Name, (object?)argument.Value)));
    }

    [Theory]
    [InlineData("Nothing to run")]
    [InlineData("Unknown option '-Nonsense'", "-Nonsense")]
    [InlineData("-Command needs the text", "-Command")]
    [InlineData("-File needs the path", "-File")]
    [InlineData("There is no script at", "-File", "missing.ps1")]
    public void Refuses_what_it_cannot_run(string message, params string[] arguments)
    {
        var exception = Assert.Throws<CommandLineException>(() => CommandLine.Parse(arguments));
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_file_that_is_no_script() => Assert.Contains(
        "is not a .ps1 file",
        Assert.Throws<CommandLineException>(() => CommandLine.Parse([_folder.Write("a.txt", "")])).Message,
        StringComparison.Ordinal);
}

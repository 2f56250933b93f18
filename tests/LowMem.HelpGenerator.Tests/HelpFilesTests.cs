using Xunit;

namespace LowMem.HelpGenerator.Tests;

public sealed class HelpFilesTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("help-files-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Committed_help_is_what_the_pages_make()
    {
        var root = FindRepository();
        var files = HelpFiles.Make(Path.Combine(root, "docs", "en-US"));

        Assert.Equal("LowMem.PowerShell.dll-Help.xml", Assert.Single(files.Keys));
        Assert.Empty(HelpFiles.FindStale(files, Path.Combine(root, "src", "LowMem.PowerShell", "en-US")));
    }

    [Fact]
    public void Missing_and_changed_files_are_stale_and_are_written()
    {
        var pages = _directory.CreateSubdirectory("pages").FullName;
        var output = Path.Combine(_directory.FullName, "output");
        File.WriteAllText(Path.Combine(pages, SamplePage.FileName), SamplePage.Text);
        var files = HelpFiles.Make(pages);
        string[] name = ["Sample.dll-Help.xml"];

        Assert.Equal(name, HelpFiles.FindStale(files, output));
        HelpFiles.Write(files, output);
        Assert.Empty(HelpFiles.FindStale(files, output));
        File.AppendAllText(Path.Combine(output, name[0]), " ");
        Assert.Equal(name, HelpFiles.FindStale(files, output));
    }

    private static string FindRepository()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "LowMem.slnx")))
        {
            directory = directory.Parent ?? throw new DirectoryNotFoundException("LowMem.slnx is in no parent directory.");
        }

        return directory.FullName;
    }
}

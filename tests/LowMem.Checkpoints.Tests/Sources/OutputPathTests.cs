using System.Runtime.InteropServices;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Sources;

/// <summary>A file is the same file by whatever name it is reached.</summary>
public partial class OutputPathTests
{
    [Fact]
    public void AFileIsFoundBehindLinksAndOtherNames()
    {
        using var directory = new CheckpointDirectory();
        directory.Write("a", [1]);
        directory.Write("b", [1]);
        string a = Path.Combine(directory.Path, "a");
        File.CreateSymbolicLink(Path.Combine(directory.Path, "symbolic"), a);
        Directory.CreateSymbolicLink(Path.Combine(directory.Path, "folder"), directory.Path);

        Assert.True(OutputPath.IsAmong(a, [a]));
        Assert.True(OutputPath.IsAmong(Path.Combine(directory.Path, "symbolic"), [a]));
        Assert.True(OutputPath.IsAmong(a, [Path.Combine(directory.Path, "symbolic")]));
        Assert.True(OutputPath.IsAmong(Path.Combine(directory.Path, "folder", "a"), [a]));
        Assert.False(OutputPath.IsAmong(Path.Combine(directory.Path, "b"), [a]));
        Assert.False(OutputPath.IsAmong(Path.Combine(directory.Path, "new"), [a]));
    }

    [Fact]
    public void AHardLinkIsTheSameFile()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "Hard links are made by a call of Unix.");
        using var directory = new CheckpointDirectory();
        directory.Write("a", [1]);
        string a = Path.Combine(directory.Path, "a");
        string other = Path.Combine(directory.Path, "other");
        Assert.Equal(0, Link(a, other));
        Assert.True(OutputPath.IsAmong(other, [a]));
        Assert.Equal(FileIdentities.Find(a), FileIdentities.Find(other));
    }

    [Fact]
    public void TheIndexIsPartOfACheckpoint()
    {
        using var directory = new CheckpointDirectory();
        directory.WriteIndex("""{"weight_map": {"a": "a.safetensors"}}""");
        directory.Write("a.safetensors", SafetensorsBytes.One("a", 1));
        var checkpoint = directory.Open();
        Assert.True(checkpoint.IsReplacedBy(Path.Combine(directory.Path, CheckpointDirectory.IndexName)));
        Assert.True(checkpoint.IsReplacedBy(Path.Combine(directory.Path, "a.safetensors")));
        Assert.False(checkpoint.IsReplacedBy(Path.Combine(directory.Path, "a.manifest.json")));
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);
}

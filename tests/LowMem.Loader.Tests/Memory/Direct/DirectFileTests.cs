using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Loader.Memory.Direct;
using LowMem.Tests.Shared;

namespace LowMem.Loader.Tests.Memory.Direct;

public class DirectFileTests
{
    private const int Length = 300_001;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(4096, 4096)]
    [InlineData(4095, 2)]
    [InlineData(1, 100_000)]
    [InlineData(Length - 1, 1)]
    [InlineData(Length - 5000, 5000)]
    [InlineData(0, Length)]
    public void GivesTheBytesOfAnyPartOfAColdFile(int offset, int count)
    {
        using var directory = new TempDirectory();
        byte[] content = new byte[Length];
        new Random(5).NextBytes(content);
        var version = Write(directory["file"], content);
        using var file = Open(version);
        using var buffer = new DirectBuffer(Length);
        Assert.SkipUnless(PageCache.Drop(version.Path) == 0, "This file system keeps pages in memory that are to go.");
        byte[] bytes = new byte[count];

        Assert.True(file.TryRead(offset, bytes, buffer));

        Assert.Equal(content[offset..(offset + count)], bytes);

        // What is read so is not in the cache afterwards.
        Assert.Equal(0, PageCache.GetPart(version.Path));
    }

    [Fact]
    public void LeavesAloneWhatIsInThePageCache()
    {
        using var directory = new TempDirectory();
        var version = Write(directory["file"], new byte[Length]);
        using var file = Open(version);
        using var buffer = new DirectBuffer(Length);
        _ = File.ReadAllBytes(version.Path);

        Assert.False(file.TryRead(0, new byte[Length], buffer));
    }

    [Fact]
    public void AFileThatIsShorterByNowIsLeftToTheOrdinaryReader()
    {
        using var directory = new TempDirectory();
        var version = Write(directory["file"], new byte[Length]);
        using var file = Open(version);
        using var buffer = new DirectBuffer(Length);
        using (var cut = File.OpenHandle(version.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            RandomAccess.SetLength(cut, 5000);
        }

        Assert.False(file.TryRead(4000, new byte[5000], buffer));
        Assert.Equal(CheckpointErrorIds.Changed, Assert.Throws<CheckpointException>(file.CheckUnchanged).ErrorId);
    }

    [Fact]
    public void AnotherFileOfTheNameIsRefused()
    {
        using var directory = new TempDirectory();
        var version = Write(directory["file"], new byte[Length]);
        File.WriteAllBytes(directory["other"], new byte[Length]);
        File.Move(directory["other"], version.Path, overwrite: true);

        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has O_DIRECT.");
        Assert.Equal(CheckpointErrorIds.Changed, Assert.Throws<CheckpointException>(() => DirectFile.TryOpen(version)).ErrorId);
    }

    private static CheckpointFile Write(string path, byte[] content)
    {
        File.WriteAllBytes(path, content);
        using var source = CheckpointLocation.Local.Open(path);
        return source.Version;
    }

    private static DirectFile Open(CheckpointFile version)
    {
        var file = DirectFile.TryOpen(version);
        Assert.SkipWhen(file is null, "Files are not read past the page cache here: that takes Linux, and a file system that does it.");
        return file;
    }
}

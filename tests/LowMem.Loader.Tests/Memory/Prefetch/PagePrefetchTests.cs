using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Sources;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory;
using LowMem.Loader.Memory.Prefetch;
using LowMem.Tests.Shared;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Memory.Prefetch;

public class PagePrefetchTests
{
    private const int Count = 5_000_000;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void AfterItAllPagesAreInMemory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells which pages of a file are in memory.");
        using var directory = new TempDirectory();
        var checkpoint = Write(directory);
        Assert.SkipUnless(Drop(checkpoint.Path) < 0.1, "This file system keeps pages in memory that are to go.");

        var (module, report) = ModelLoader.Load(checkpoint, new ImportOptions { Prefetch = true }, cancellationToken: Token);
        using (module)
        {
            Assert.True(report.Prefetch!.Wait(Long));
            Assert.Equal((PrefetchState.Completed, null), (report.Prefetch.State, report.Prefetch.Failure));
            Assert.Equal(2L * 4 * Count, report.Prefetch.ByteLength);
            Assert.Equal(report.Prefetch.ByteLength, report.Prefetch.BytesDone);
            using var pages = CachedPages.Open(checkpoint.Files[0]);
            var first = checkpoint.Tensors.Min(tensor => tensor.Offset);
            Assert.True(pages.Contains(first, 8 * Count));
        }
    }

    [Fact]
    public void NoMoreIsReadThanThereIsMemoryFor()
    {
        using var directory = new TempDirectory();
        var checkpoint = Write(directory);
        var isDropped = Drop(checkpoint.Path) < 0.1;
        using var map = MemoryMap.Open(checkpoint.Files[0]);
        using var value = map.CreateTensor(checkpoint.Tensors[0].Offset, [Count], ScalarType.Float32, sizeof(float));

        var prefetch = PagePrefetch.Start(checkpoint.Tensors, Files(checkpoint), freeBytes: 3 << 20);

        Assert.True(prefetch.Wait(Long));
        Assert.SkipUnless(isDropped, "Without a file that is not in memory there is nothing to read.");
        Assert.Equal(PrefetchState.OutOfMemory, prefetch.State);
        Assert.InRange(prefetch.BytesDone, 1, 16 << 20);
    }

    [Fact]
    public void ItEndsWhenTheValuesAreGone()
    {
        using var directory = new TempDirectory();
        var checkpoint = Write(directory);

        // Nothing lies in the file any more.
        var prefetch = PagePrefetch.Start(checkpoint.Tensors, Files(checkpoint), long.MaxValue);

        Assert.True(prefetch.Wait(Long));
        Assert.Equal((PrefetchState.Stopped, 0), (prefetch.State, prefetch.BytesDone));
    }

    [Fact]
    public void AFileThatChangedIsSaid()
    {
        using var directory = new TempDirectory();
        var checkpoint = Write(directory);
        using var map = MemoryMap.Open(checkpoint.Files[0]);
        File.Delete(checkpoint.Path);

        var prefetch = PagePrefetch.Start(checkpoint.Tensors, Files(checkpoint), long.MaxValue);

        Assert.True(prefetch.Wait(Long));
        Assert.Equal(PrefetchState.Failed, prefetch.State);
        Assert.Contains(checkpoint.Path, prefetch.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void NothingIsStartedForWhatIsCopied()
    {
        using var directory = new TempDirectory();
        var (module, report) = ModelLoader.Load(Write(directory), new ImportOptions { Resident = true, Prefetch = true }, cancellationToken: Token);
        module.Dispose();
        Assert.Null(report.Prefetch);
    }

    private static Checkpoint Write(TempDirectory directory)
    {
        // Zeros that take no room on the disk, and none in this process: tests that measure its memory follow.
        TestFiles.WriteHoles(directory["numbers.safetensors"], ("a", "F32", [Count]), ("b", "F32", [Count]));
        return Checkpoint.Open(directory["numbers.safetensors"], Token);
    }

    private static Dictionary<string, CheckpointFile> Files(Checkpoint checkpoint) => checkpoint.Files.ToDictionary(file => file.Path);

    /// <summary>The part of a file that is in memory after it was to go; 1 where that cannot be told.</summary>
    private static double Drop(string path) => OperatingSystem.IsLinux() ? PageCache.Drop(path) : 1;
}

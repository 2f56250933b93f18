using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Sources;

/// <summary>Something takes the place of a file between the look at it and its opening: no pipe is waited for.</summary>
public sealed class SwappedFileTests : IDisposable
{
    private const FileShare Share = FileShare.Read | FileShare.Delete;

    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(20);

    private readonly CheckpointDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task APipeThatTookThePlaceOfAFileIsOpenedWithoutWaitingAndRefused()
    {
        Assert.SkipUnless(UnixFile.IsSupported, "This system has no such pipes.");
        string pipe = SpecialFiles.MakePipe(PathOf("model.pt"));

        var error = await Guard(() => Assert.Throws<CheckpointException>(() => RegularFile.OpenChecked(pipe, Share)), pipe);

        Assert.Equal((CheckpointErrorIds.NotRegularFile, pipe), (error.ErrorId, error.Path));
        Assert.Contains("this is a named pipe (FIFO)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FilesAndPipesThatChangePlacesAllTheTimeAreReadOrRefused()
    {
        Assert.SkipUnless(UnixFile.IsSupported, "This system has no such pipes.");
        string path = PathOf("model.pt");
        directory.Write("file", [1, 2, 3]);
        string file = PathOf("file");
        string pipe = SpecialFiles.MakePipe(PathOf("pipe"));
        File.CreateSymbolicLink(path, file);
        using var end = new CancellationTokenSource();
        var swapping = Task.Run(
            () =>
            {
                for (int i = 0; !end.IsCancellationRequested; i++)
                {
                    File.CreateSymbolicLink(path + ".new", i % 2 == 0 ? pipe : file);
                    File.Move(path + ".new", path, overwrite: true);
                }
            },
            TestContext.Current.CancellationToken);

        int read = await Guard(() => Enumerable.Range(0, 2000).Count(_ => TryRead(path)), pipe);

        await end.CancelAsync();
        await swapping;
        Assert.InRange(read, 1, 2000);
    }

    [Fact]
    public void WhatWasOpenedWaitsForItsDataLikeAnyFile()
    {
        directory.Write("model.pt", [1, 2, 3]);
        string path = PathOf("model.pt");
        using var handle = RegularFile.Open(path, Share);
        using var stream = new FileStream(handle, FileAccess.Read);
        byte[] content = new byte[4];

        Assert.Equal(3, stream.Read(content));
        Assert.False(handle.IsAsync);
    }

    [Fact]
    public void ADirectoryIsOpenedByNoneAsAFile()
    {
        var error = Assert.Throws<CheckpointException>(() => RegularFile.Open(directory.Path));

        Assert.Equal(CheckpointErrorIds.AccessDenied, error.ErrorId);
    }

    [Fact]
    public void AFileThatIsBeingWrittenAloneIsNotRead()
    {
        string path = PathOf("model.pt");
        using var writer = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);

        var error = Assert.Throws<CheckpointException>(() => RegularFile.Open(path));

        Assert.Equal(CheckpointErrorIds.AccessDenied, error.ErrorId);
    }

    [Theory]
    [InlineData("none.pt")]
    [InlineData("none/model.pt")]
    [InlineData("model.pt/none")]
    [InlineData("model.pt\0.safetensors")]
    public void WhatIsNotThereIsNotFound(string name)
    {
        directory.Write("model.pt", [1]);

        var error = Assert.Throws<CheckpointException>(() => RegularFile.Open(PathOf(name)));

        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
    }

    private static bool TryRead(string path)
    {
        try
        {
            using var handle = RegularFile.OpenChecked(path, Share);
            return RandomAccess.GetLength(handle) == 3;
        }
        catch (CheckpointException exception)
        {
            Assert.Equal(CheckpointErrorIds.NotRegularFile, exception.ErrorId);
            return false;
        }
    }

    /// <summary>Fails when the work does not end, and lets whoever waits at the pipe go.</summary>
    private static async Task<T> Guard<T>(Func<T> work, string pipe)
    {
        var task = Task.Run(work, TestContext.Current.CancellationToken);
        try
        {
            return await task.WaitAsync(LongEnough, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            using (new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
            {
                await task.WaitAsync(LongEnough, TestContext.Current.CancellationToken);
            }

            Assert.Fail("The pipe was waited for.");
            throw;
        }
    }

    private string PathOf(string name) => Path.Combine(directory.Path, name);
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Verification;

/// <summary>A verdict is about what was listed: a file that becomes another version meanwhile is an error, and no verdict.</summary>
public sealed class ChangedFileTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("lowmem-test-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => Path.Combine(directory.FullName, "model.pth");

    public void Dispose() => directory.Delete(recursive: true);

    [Theory]
    [InlineData(VerificationLevel.Checksum, "rename")]
    [InlineData(VerificationLevel.Checksum, "truncate")]
    [InlineData(VerificationLevel.Values, "append")]
    [InlineData(VerificationLevel.Values, "write")]
    public void AChangeBetweenListingAndReadingIsAnError(VerificationLevel level, string change)
    {
        Copy(File);

        // Asked about the names in the file, which is when it has been listed and nothing else been read.
        bool isDone = false;
        var options = new VerificationOptions
        {
            Level = level,
            AllowsGlobal = _ =>
            {
                Change(isDone ? "nothing" : change);
                return isDone = true;
            },
        };
        var error = Assert.Throws<CheckpointException>(() => CheckpointVerifier.Verify(File, options, null, Token));
        Assert.True(isDone);
        Assert.Equal((CheckpointErrorIds.Changed, File), (error.ErrorId, error.Path));
    }

    [Fact]
    public void WhatIsWrittenWhileItIsReadIsAnError()
    {
        Copy(File);
        var progress = new Report(() => Change("write"));
        var options = new VerificationOptions { Level = VerificationLevel.Values, AllowsGlobal = _ => true };
        var error = Assert.Throws<CheckpointException>(() => CheckpointVerifier.Verify(File, options, progress, Token));
        Assert.Equal(CheckpointErrorIds.Changed, error.ErrorId);
        Assert.Contains("the file was written to since it was listed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AReaderOfACheckpointOpensTheVersionThatWasListed()
    {
        Copy(File);
        var checkpoint = Checkpoint.Open(File, Token);
        Change("rename");
        using var reader = new TensorDataReader(checkpoint);
        var tensor = checkpoint.Tensors.First(tensor => tensor.UnreadableReason is null && tensor.ByteLength > 0);
        var error = Assert.Throws<CheckpointException>(() => reader.Read(tensor, 0, new byte[tensor.ByteLength], Token));
        Assert.Equal(CheckpointErrorIds.Changed, error.ErrorId);
        Assert.Contains("another file was put in its place since it was listed", error.Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => reader.Read(tensor with { Path = File + ".other" }, 0, new byte[tensor.ByteLength], Token));
    }

    private static void Copy(string path)
    {
        System.IO.File.Copy(Path.Combine(FixtureFiles.Directory, "legacy-whole-module.pth"), path);
        System.IO.File.SetLastWriteTimeUtc(path, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc));
    }

    private void Change(string change)
    {
        if (change == "rename")
        {
            Copy(File + ".new");
            System.IO.File.Move(File + ".new", File, overwrite: true);
        }
        else if (change != "nothing")
        {
            // As another process would: nothing on Linux and macOS keeps it from that.
            using var file = new FileStream(File, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            file.SetLength(file.Length + (change switch { "append" => 1, "truncate" => -1, _ => 0 }));
            file.Seek(-1, SeekOrigin.End);
            file.WriteByte(1);
        }
    }

    private sealed class Report(Action action) : IProgress<VerificationProgress>
    {
        private int count;

        void IProgress<VerificationProgress>.Report(VerificationProgress value)
        {
            if (Interlocked.Increment(ref count) == 1)
            {
                action();
            }
        }
    }
}

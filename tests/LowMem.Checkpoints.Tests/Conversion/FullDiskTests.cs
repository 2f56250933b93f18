using System.Diagnostics;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Conversion;

/// <summary>Where there is no room, there is one clear error, and nothing is left behind.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly CheckpointDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void ASmallDiskIsNoticedBeforeAnythingIsWritten()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "it needs a tmpfs");
        string source = Write(65536);
        string disk = Path.Combine(directory.Path, "disk");
        Directory.CreateDirectory(disk);
        Assert.SkipUnless(TryRun("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk), "this user may not mount a tmpfs");
        try
        {
            var error = Assert.Throws<CheckpointException>(() => Converted.Run(source, Path.Combine(disk, "out.safetensors")));

            Assert.Equal(CheckpointErrorIds.OutputDiskFull, error.ErrorId);
            Assert.Contains("bytes left, and 26", error.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(disk));
        }
        finally
        {
            Assert.True(TryRun("umount", disk));
        }
    }

    [Fact]
    public void ADiskThatFillsUpMeanwhileIsOneError()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "it needs a limit of the shell");
        string source = Write(65536);
        string output = Path.Combine(directory.Path, "out");
        Directory.CreateDirectory(output);

        // In units of 512 bytes or of 1 KiB, less than the 256 KiB that are written.
        Assert.Equal(CheckpointErrorIds.OutputDiskFull, KilledChild.RunLimited(source, Path.Combine(output, "out.safetensors"), "ulimit -f 100"));
        Assert.Empty(Directory.GetFileSystemEntries(output));
        Assert.Equal("done", KilledChild.RunLimited(source, Path.Combine(output, "out.safetensors"), "ulimit -f 10000"));
        Assert.Single(Directory.GetFileSystemEntries(output));
    }

    private string Write(int count)
    {
        directory.Write("source.safetensors", SafetensorsBytes.One("w", new float[count]));
        return Path.Combine(directory.Path, "source.safetensors");
    }

    private static bool TryRun(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Loader.Memory;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Memory;

public class MemoryMapTests
{
    public static TheoryData<bool> Kinds => [true, false];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_write_changes_the_tensor_and_not_the_file(bool native)
    {
        using var directory = new TempDirectory();
        var file = Write(directory["values.bin"], 1f, 2f, 3f);
        using var map = Open(file, native);
        using var tensor = map.CreateTensor(4, [2], ScalarType.Float32, 4);
        Assert.Equal([2f, 3f], tensor.data<float>().ToArray());

        tensor.add_(10);

        Assert.Equal([12f, 13f], tensor.data<float>().ToArray());
        Assert.Equal(TestFiles.Bytes(1f, 2f, 3f), File.ReadAllBytes(file.Path));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_file_stays_mapped_as_long_as_any_tensor_lies_on_it(bool native)
    {
        using var directory = new TempDirectory();
        var file = Write(directory["values.bin"], 1f, 2f);
        var map = Open(file, native);
        var first = map.CreateTensor(0, [1], ScalarType.Float32, 4);
        var second = map.CreateTensor(0, [2], ScalarType.Float32, 4);
        var view = second.narrow(0, 1, 1);

        map.Dispose();
        first.Dispose();
        second.Dispose();
        Assert.Equal(1, MemoryMap.CountLive(file.Path));
        Assert.Equal(2f, view.item<float>());

        view.Dispose();
        Assert.Equal(0, MemoryMap.CountLive(file.Path));
    }

    [Fact]
    public void A_tensor_that_nobody_disposes_of_lets_go_when_it_is_collected()
    {
        using var directory = new TempDirectory();
        var file = Write(directory["values.bin"], 1f);
        MakeAndForget(file);
        for (var i = 0; i < 10 && MemoryMap.CountLive(file.Path) > 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(0, MemoryMap.CountLive(file.Path));

        static void MakeAndForget(CheckpointFile file)
        {
            using var map = MemoryMap.Open(file);
            map.CreateTensor(0, [1], ScalarType.Float32, 4);
        }
    }

    [Fact]
    public void Nothing_of_the_file_is_in_the_address_space_afterwards()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux lists the address space in /proc.");
        using var directory = new TempDirectory();
        var file = Write(directory["seen-in-maps.bin"], 1f);
        var map = MemoryMap.Open(file);
        var tensor = map.CreateTensor(0, [1], ScalarType.Float32, 4);
        map.Dispose();
        Assert.Contains("seen-in-maps.bin", File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);

        tensor.Dispose();
        Assert.DoesNotContain("seen-in-maps.bin", File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-4, 1)]
    [InlineData(0, 0)]
    [InlineData(0, -1)]
    [InlineData(2, 1)]
    [InlineData(4, 3)]
    [InlineData(16, 1)]
    [InlineData(0, long.MaxValue)]
    [InlineData(long.MaxValue - 3, 1)]
    public void A_part_that_is_not_inside_the_file_or_not_aligned_is_refused(long offset, long count)
    {
        using var directory = new TempDirectory();
        using var map = MemoryMap.Open(Write(directory["values.bin"], 1f, 2f, 3f));
        Assert.Throws<ArgumentOutOfRangeException>(() => map.CreateTensor(offset, [count], ScalarType.Float32, 4));
    }

    [Fact]
    public void A_file_that_was_cut_since_it_was_listed_is_not_mapped()
    {
        using var directory = new TempDirectory();
        var file = Write(directory["values.bin"], 1f, 2f, 3f);
        using (var stream = File.OpenWrite(file.Path))
        {
            stream.SetLength(8);
        }

        var error = Assert.Throws<CheckpointException>(() => MemoryMap.Open(file));
        Assert.Equal(CheckpointErrorIds.Changed, error.ErrorId);
        Assert.Contains("has 8 bytes instead of 12", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_was_written_since_it_was_listed_is_not_mapped()
    {
        using var directory = new TempDirectory();
        var file = Write(directory["values.bin"], 1f, 2f, 3f);
        File.SetLastWriteTimeUtc(file.Path, file.LastWriteTimeUtc.AddSeconds(1));

        var error = Assert.Throws<CheckpointException>(() => MemoryMap.Open(file));
        Assert.Equal(CheckpointErrorIds.Changed, error.ErrorId);
        Assert.Contains("the file was written to since it was listed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_gone_is_named()
    {
        using var directory = new TempDirectory();
        var file = Write(directory["values.bin"], 1f);
        File.Delete(file.Path);

        var error = Assert.Throws<CheckpointException>(() => MemoryMap.Open(file));
        Assert.Equal((CheckpointErrorIds.NotFound, file.Path), (error.ErrorId, error.Path));
    }

    [Fact]
    public void A_mapped_file_is_not_locked()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows itself keeps others from writing to a mapped file.");
        using var directory = new TempDirectory();
        var file = Write(directory["values.bin"], 1f);
        using var map = MemoryMap.Open(file);

        using var stream = new FileStream(file.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        Assert.True(stream.CanWrite);
    }

    [Fact]
    public void A_mapped_file_can_be_replaced_and_deleted()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows keeps a mapped file from being deleted.");
        using var directory = new TempDirectory();
        var file = Write(directory["values.bin"], 1f);
        using var map = MemoryMap.Open(file);
        using var tensor = map.CreateTensor(0, [1], ScalarType.Float32, 4);
        File.Delete(file.Path);
        Write(file.Path, 2f);
        Assert.Equal(1f, tensor.item<float>());
    }

    private static MemoryMap Open(CheckpointFile file, bool native) =>
        native ? MemoryMap.Open(file) : MemoryMap.Open(file, (stream, length) => new ViewFileMapping(stream, length));

    private static CheckpointFile Write(string path, params float[] values)
    {
        File.WriteAllBytes(path, TestFiles.Bytes(values));
        return TestFiles.Describe(path);
    }
}

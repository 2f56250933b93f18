using LowMem.Loader.Memory.Limits;

namespace LowMem.Loader.Tests.Memory.Limits;

/// <summary>The files of the kernel, as they look on machines and in containers of either version of cgroups.</summary>
public sealed class LinuxMemoryTests : IDisposable
{
    private const string Unified = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
    private const string Legacy = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";

    private readonly TempDirectory root = new();

    public LinuxMemoryTests() => Write("proc/meminfo", "MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:    8000000 kB\n");

    public void Dispose() => root.Dispose();

    [Fact]
    public void Without_cgroups_it_is_what_the_machine_has() => Assert.Equal(8_000_000L * 1024, Available);

    [Fact]
    public void Without_an_estimate_of_the_kernel_it_is_what_is_free()
    {
        Write("proc/meminfo", "MemTotal:       16000000 kB\nMemFree:         1000000 kB\n");
        Assert.Equal(1_000_000L * 1024, Available);
    }

    [Fact]
    public void A_limit_of_version_2_leaves_what_is_not_used_and_what_can_be_dropped()
    {
        WriteGroups("0::/app/job\n", Unified);
        WriteUnified("app/job", "4294967296", usage: 1_500_000_000, activeFile: 200_000_000, inactiveFile: 300_000_000);
        Assert.Equal(4_294_967_296 - 1_000_000_000, Available);
    }

    [Fact]
    public void A_parent_may_leave_less()
    {
        WriteGroups("0::/app/job\n", Unified);
        WriteUnified("app/job", "max", usage: 100, activeFile: 0, inactiveFile: 0);
        WriteUnified("app", "1000000", usage: 400_000, activeFile: 0, inactiveFile: 0);
        Assert.Equal(600_000, Available);
    }

    [Fact]
    public void A_limited_address_space_leaves_what_is_not_taken()
    {
        Write("proc/self/limits", "Limit                     Soft Limit           Hard Limit           Units     \nMax address space         4000000000           unlimited            bytes     \n");
        Write("proc/self/status", "Name:\tpwsh\nVmSize:\t 1000000 kB\n");
        Assert.Equal(4_000_000_000 - (1_000_000L * 1024), Available);
        Assert.Equal(Available - 500_000_000, new LinuxMemory(root.Path).GetAvailableBytes(reserved: 1000, reservedAddresses: 500_000_000));
        Assert.Equal(0, new LinuxMemory(root.Path).GetAvailableBytes(reserved: 9_000_000L * 1024));
        var limit = new LinuxMemory(root.Path).GetLimit();
        Assert.True(limit.IsAddressSpace);

        var error = limit.CreateError("a map", 5_000_000_000, "Map it.");
        Assert.Equal("OutOfMemory", error.ErrorId);
        Assert.Contains("5000000000 bytes are wanted, and 2976000000 bytes can be had (the address space that ulimit -v leaves)", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Raise that limit (ulimit -v).", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(
            "Raise that limit (ulimit -v), or load less.", limit.CreateError("a map", 5, "Map it.", cause: null, "load less").Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Map it.", error.Message, StringComparison.Ordinal);

        Write("proc/self/limits", "Max address space         unlimited            unlimited            bytes     \n");
        Assert.Equal(8_000_000L * 1024, Available);
    }

    [Fact]
    public void Swap_space_counts_as_far_as_the_cgroup_may_use_it()
    {
        Write("proc/meminfo", "MemAvailable:    8000000 kB\nSwapFree:        1000000 kB\n");
        Assert.Equal(9_000_000L * 1024, new LinuxMemory(root.Path).GetLimit().Bytes);

        WriteGroups("0::/job\n", Unified);
        WriteUnified("job", "4000000", usage: 1_000_000, activeFile: 0, inactiveFile: 0);
        Write("sys/fs/cgroup/job/memory.swap.max", "500000\n");
        Write("sys/fs/cgroup/job/memory.swap.current", "200000\n");
        var limit = new LinuxMemory(root.Path).GetLimit();
        Assert.Equal(3_300_000, limit.Bytes);
        Assert.Contains("what the cgroup of this process leaves", limit.CreateError("x", 5_000_000, "Map it.").Message, StringComparison.Ordinal);
        Assert.Contains("Map it.", limit.CreateError("x", 5_000_000, "Map it.").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_that_is_passed_leaves_nothing()
    {
        WriteGroups("0::/\n", Unified);
        WriteUnified("", "1000", usage: 5000, activeFile: 0, inactiveFile: 0);
        Assert.Equal(0, Available);
    }

    [Fact]
    public void A_limit_of_version_1_counts_too()
    {
        WriteGroups("9:name=systemd:/\n4:cpu,memory:/docker/abc\n0::/\n", Legacy);
        WriteLegacy("docker/abc", "2000000", usage: 900_000, activeFile: 100_000, inactiveFile: 50_000);
        WriteLegacy("", "9223372036854771712", usage: 5_000_000, activeFile: 0, inactiveFile: 0);
        Assert.Equal(2_000_000 - 750_000, Available);
    }

    [Fact]
    public void A_container_that_sees_its_cgroup_as_the_root_is_limited_by_it()
    {
        WriteGroups("4:memory:/docker/abc\n", Legacy.Replace("0:32 /", "0:32 /docker/abc", StringComparison.Ordinal));
        WriteLegacy("", "3000000", usage: 1_000_000, activeFile: 0, inactiveFile: 0);
        Assert.Equal(2_000_000, Available);
    }

    [Fact]
    public void A_cgroup_that_is_not_to_be_seen_from_here_falls_back_to_the_mount()
    {
        WriteGroups("0::/../../elsewhere\n", Unified);
        WriteUnified("", "5000000", usage: 1_000_000, activeFile: 0, inactiveFile: 0);
        Assert.Equal(4_000_000, Available);
    }

    [Fact]
    public void On_this_machine_it_is_more_than_nothing_and_no_more_than_there_is()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        Assert.InRange(AvailableMemory.GetBytes(), 1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    }

    private long Available => new LinuxMemory(root.Path).GetAvailableBytes();

    private void WriteGroups(string groups, string mounts)
    {
        Write("proc/self/cgroup", groups);
        Write("proc/self/mountinfo", mounts);
    }

    private void WriteUnified(string group, string limit, long usage, long activeFile, long inactiveFile) => WriteGroup(
        $"sys/fs/cgroup/{group}", ("memory.max", limit), ("memory.current", $"{usage}"),
        $"anon 1\nfile 2\nactive_file {activeFile}\ninactive_file {inactiveFile}");

    private void WriteLegacy(string group, string limit, long usage, long activeFile, long inactiveFile) => WriteGroup(
        $"sys/fs/cgroup/memory/{group}", ("memory.limit_in_bytes", limit), ("memory.usage_in_bytes", $"{usage}"),
        $"active_file 7\ninactive_file 7\ntotal_active_file {activeFile}\ntotal_inactive_file {inactiveFile}");

    private void WriteGroup(string directory, (string Name, string Text) limit, (string Name, string Text) usage, string statistics)
    {
        Write($"{directory}/{limit.Name}", limit.Text + "\n");
        Write($"{directory}/{usage.Name}", usage.Text + "\n");
        Write($"{directory}/memory.stat", statistics + "\n");
    }

    private void Write(string path, string text)
    {
        var file = root[path];
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}

using System.Globalization;

namespace LowMem.Loader.Memory.Limits;

/// <summary>What Linux says of the memory that this process could still have.</summary>
/// <param name="root">Where <c>proc</c> and <c>sys</c> are: <c>/</c>, or a directory of a test.</param>
internal sealed class LinuxMemory(string root)
{
    /// <summary>Those of the machine, of the cgroup that leaves least, or of the address space, whichever are fewest.</summary>
    /// <param name="reserved">How many bytes of memory not to count.</param>
    /// <param name="reservedAddresses">How many bytes of address space not to count.</param>
    public long GetAvailableBytes(long reserved = 0, long reservedAddresses = 0)
    {
        var memory = GetGroups().Select(GetRemaining).Append(GetMachineBytes()).Min();
        return Math.Max(0, Math.Min(memory - reserved, GetAddressSpaceBytes() - reservedAddresses));
    }

    /// <summary>What can be had at most, free swap space included, and what keeps the process from more.</summary>
    public MemoryLimit GetLimit()
    {
        var swap = GetMachineSwap();
        var limits = new List<MemoryLimit>
        {
            new(Add(GetMachineBytes(), swap), "memory and swap space of this machine"),
            new(GetAddressSpaceBytes(), "the address space that ulimit -v leaves", IsAddressSpace: true),
        };
        limits.AddRange(GetGroups().Select(group => new MemoryLimit(
            Add(GetRemaining(group), Math.Min(swap, GetGroupSwap(group))), $"what the cgroup of this process leaves, {group.Directory}")));
        return limits.MinBy(limit => limit.Bytes)!;
    }

    private static long Add(long memory, long swap) => memory > long.MaxValue - swap ? long.MaxValue : memory + swap;

    private long GetMachineSwap() => checked(1024 * ParsePairs(ReadLines("proc/meminfo"), ':').GetValueOrDefault("SwapFree"));

    // Version 1 counts memory and swap together: that there is swap for it is not known.
    private static long GetGroupSwap((string Directory, bool IsUnified) group) =>
        group.IsUnified && ReadNumber(group.Directory, "memory.swap.max") is { } limit
            ? Math.Max(0, limit - (ReadNumber(group.Directory, "memory.swap.current") ?? 0))
            : long.MaxValue;

    // "Max address space         8589934592           unlimited            bytes", and "VmSize:     1234 kB".
    private long GetAddressSpaceBytes()
    {
        const string name = "Max address space";
        var line = Array.Find(ReadLines("proc/self/limits"), line => line.StartsWith(name, StringComparison.Ordinal));
        var words = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is [var text, ..] && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            ? Math.Max(0, limit - checked(1024 * ParsePairs(ReadLines("proc/self/status"), ':').GetValueOrDefault("VmSize")))
            : long.MaxValue;
    }

    private long GetMachineBytes()
    {
        // "MemAvailable:   16303384 kB"; kernels before 3.14 have none.
        var values = ParsePairs(ReadLines("proc/meminfo"), ':');
        return checked(1024 * (values.TryGetValue("MemAvailable", out var available) ? available : values.GetValueOrDefault("MemFree", long.MaxValue / 1024)));
    }

    /// <summary>The directories of this process's memory cgroups of either version, from its own up to the root.</summary>
    private IEnumerable<(string Directory, bool IsUnified)> GetGroups()
    {
        foreach (var line in ReadLines("proc/self/cgroup"))
        {
            // "4:cpu,memory:/app/job" in version 1, "0::/app/job" in version 2.
            if (line.Split(':', 3) is not [_, var controllers, var path])
            {
                continue;
            }

            var isUnified = controllers.Length == 0;
            if ((!isUnified && !controllers.Split(',').Contains("memory")) || FindMount(isUnified) is not var (mountRoot, mountPoint))
            {
                continue;
            }

            // A container may see its own cgroup as the root of the mount.
            var inside = mountRoot == "/" ? path : path.StartsWith(mountRoot, StringComparison.Ordinal) ? path[mountRoot.Length..] : "";
            var directory = Join(mountPoint + inside.TrimEnd('/'));
            var top = Join(mountPoint);
            if (inside.Contains("..", StringComparison.Ordinal) || !Directory.Exists(directory))
            {
                directory = top;
            }

            for (; directory.Length > top.Length; directory = Path.GetDirectoryName(directory)!)
            {
                yield return (directory, isUnified);
            }

            yield return (top, isUnified);
        }
    }

    // "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory": root, mount point, type, options.
    private (string Root, string Point)? FindMount(bool isUnified)
    {
        foreach (var line in ReadLines("proc/self/mountinfo"))
        {
            var halves = line.Split(" - ", 2);
            var left = halves[0].Split(' ');
            var right = halves[^1].Split(' ');
            if (halves.Length != 2 || left.Length < 5 || right.Length < 3)
            {
                continue;
            }

            if (isUnified ? right[0] == "cgroup2" : right[0] == "cgroup" && right[2].Split(',').Contains("memory"))
            {
                return (left[3], left[4]);
            }
        }

        return null;
    }

    private long GetRemaining((string Directory, bool IsUnified) group)
    {
        var (limitName, usageName, prefix) = group.IsUnified
            ? ("memory.max", "memory.current", "")
            : ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_");
        if (ReadNumber(group.Directory, limitName) is not { } limit || ReadNumber(group.Directory, usageName) is not { } usage)
        {
            return long.MaxValue;
        }

        // Pages of files count as usage, and are dropped when room is needed.
        var stat = ParsePairs(TryRead(Path.Combine(group.Directory, "memory.stat")), ' ');
        var files = stat.GetValueOrDefault(prefix + "active_file") + stat.GetValueOrDefault(prefix + "inactive_file");
        return Math.Max(0, limit - Math.Max(0, usage - files));
    }

    // Version 2 writes "max" where there is no limit; the largest number of version 1 means the same, and is no less.
    private static long? ReadNumber(string directory, string name)
    {
        var text = TryRead(Path.Combine(directory, name)).FirstOrDefault();
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static Dictionary<string, long> ParsePairs(string[] lines, char separator)
    {
        var values = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            var end = line.IndexOf(separator);
            var text = line.AsSpan(end + 1).Trim();
            if (end > 0 && long.TryParse(text.EndsWith("kB") ? text[..^2] : text, CultureInfo.InvariantCulture, out var value))
            {
                values[line[..end]] = value;
            }
        }

        return values;
    }

    private string[] ReadLines(string path) => TryRead(Join(path));

    private string Join(string path) => Path.Combine(root, path.TrimStart('/'));

    private static string[] TryRead(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

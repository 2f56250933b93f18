using System.Globalization;

namespace LowMem.Loader.Memory;

/// <summary>What Linux says of the memory that this process could still have.</summary>
/// <param name="root">Where <c>proc</c> and <c>sys</c> are: <c>/</c>, or a directory of a test.</param>
internal sealed class LinuxMemory(string root)
{
    /// <summary>Those of the machine, or of the cgroup that leaves least.</summary>
    public long GetAvailableBytes() => GetGroups().Select(GetRemaining).Append(GetMachineBytes()).Min();

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

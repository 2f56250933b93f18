using System.Diagnostics;
using System.Text;

namespace LowMem.Loader.Memory;

/// <summary>How much memory a process has for itself alone.</summary>
public static class ProcessMemory
{
    /// <summary>
    /// The private bytes of this process now. Linux: anonymous memory, resident or swapped out (<c>RssAnon</c> + <c>VmSwap</c>), so that
    /// pages of mapped files do not count until they are written. Windows: private bytes, which are committed memory.
    /// macOS: the resident size, for want of anything better; it counts pages of mapped files too.
    /// </summary>
    public static long GetPrivateBytes() => GetPrivateBytes(Environment.ProcessId);

    /// <summary>The private bytes of a process now, as above; 0 when it has just ended and its parent has not asked for its exit code.</summary>
    /// <exception cref="ArgumentException">There is no such process, or no more.</exception>
    public static long GetPrivateBytes(int processId)
    {
        if (OperatingSystem.IsLinux())
        {
            return ReadStatus(processId);
        }

        using var process = Process.GetProcessById(processId);
        try
        {
            return OperatingSystem.IsWindows() ? process.PrivateMemorySize64 : process.WorkingSet64;
        }
        catch (InvalidOperationException error)
        {
            throw new ArgumentException($"There is no process {processId} any more.", nameof(processId), error);
        }
    }

    private static long ReadStatus(int processId)
    {
        Span<byte> status = stackalloc byte[4096];
        try
        {
            using var file = File.OpenHandle($"/proc/{processId}/status");
            status = status[..RandomAccess.Read(file, status, 0)];
        }
        catch (IOException error)
        {
            // Not there; or it was there when the file was opened and had ended when it was read: ESRCH.
            throw new ArgumentException($"There is no process {processId}.", nameof(processId), error);
        }

        return ReadKibibytes(status, "RssAnon:"u8) + ReadKibibytes(status, "VmSwap:"u8);
    }

    // A line is "RssAnon:     1234 kB"; kernels before 4.5 have none.
    private static long ReadKibibytes(ReadOnlySpan<byte> status, ReadOnlySpan<byte> name)
    {
        var start = status.IndexOf(name);
        if (start < 0)
        {
            return 0;
        }

        var text = status[(start + name.Length)..];
        text = text[..text.IndexOf("kB"u8)];
        return long.Parse(Encoding.ASCII.GetString(text).AsSpan().Trim(), provider: null) * 1024;
    }
}

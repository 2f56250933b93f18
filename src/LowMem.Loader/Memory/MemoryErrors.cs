using System.Runtime.InteropServices;

namespace LowMem.Loader.Memory;

/// <summary>Tells the errors of the operating system that mean "no memory" from the others.</summary>
internal static class MemoryErrors
{
    private const int NoMemory = 12;

    // ERROR_NOT_ENOUGH_MEMORY, ERROR_OUTOFMEMORY and ERROR_COMMITMENT_LIMIT.
    private static readonly int[] WindowsCodes = [8, 14, 1455];

    /// <summary>The exception for a failed <c>mmap</c>: one of those that <see cref="IsOutOfMemory"/> knows, or an <see cref="IOException"/>.</summary>
    public static Exception OfMap(long length)
    {
        var message = $"mmap of {length} bytes failed: {Marshal.GetLastPInvokeErrorMessage()}";
        return Marshal.GetLastPInvokeError() == NoMemory ? new InsufficientMemoryException(message) : new IOException(message);
    }

    /// <summary>Whether an exception says that there is no memory.</summary>
    public static bool IsOutOfMemory(Exception exception) =>
        exception is OutOfMemoryException
        || (OperatingSystem.IsWindows() && exception is IOException && WindowsCodes.Contains(exception.HResult & 0xFFFF))
        || (exception is ExternalException && exception.Message.Contains("not enough memory", StringComparison.OrdinalIgnoreCase))
        || (exception is ExternalException && exception.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase));
}

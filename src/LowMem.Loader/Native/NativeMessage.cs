using System.Runtime.InteropServices;

namespace LowMem.Loader.Native;

/// <summary>The messages of libtorch, which go on with a stack trace of C++.</summary>
public static class NativeMessage
{
    /// <summary>What an exception says, as one sentence without a stack trace.</summary>
    /// <param name="exception">The exception, of libtorch or any other.</param>
    public static string GetFirstLine(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var line = exception.Message.AsSpan();
        var end = line.IndexOfAny('\r', '\n');
        return $"{(end < 0 ? line : line[..end]).TrimEnd(". ")}.";
    }

    /// <summary>The exception of libtorch that is the cause of another one, or null when there is none.</summary>
    /// <param name="exception">The other one.</param>
    public static ExternalException? FindCause(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is ExternalException cause)
            {
                return cause;
            }
        }

        return null;
    }
}

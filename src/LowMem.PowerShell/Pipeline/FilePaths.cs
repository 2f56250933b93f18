using System.Collections.ObjectModel;
using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.PowerShell.Errors;
using Microsoft.PowerShell.Commands;

namespace LowMem.PowerShell.Pipeline;

/// <summary>Makes paths of the file system of what people write: relative ones, those of drives, and patterns.</summary>
internal static class FilePaths
{
    /// <summary>One path in full, whether or not there is something; brackets and stars are taken as they are.</summary>
    /// <param name="session">The session whose drives and current location count.</param>
    /// <param name="path">The path as it was given.</param>
    /// <exception cref="RefusedException">It is a path of no file system, or of a drive that is not there.</exception>
    public static string Get(SessionState session, string path) => Guard(path, () =>
    {
        string full = session.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
        Require(path, provider);
        return full.Contains('\0', StringComparison.Ordinal) ? throw NotFound(path, "no path holds a null character.") : full;
    });

    /// <summary>The files and directories that match a pattern, or the one that it names.</summary>
    /// <param name="session">The session whose drives and current location count.</param>
    /// <param name="path">The path as it was given.</param>
    /// <exception cref="RefusedException">It is a path of no file system, or of a drive that is not there, or nothing is there.</exception>
    public static Collection<string> Expand(SessionState session, string path) => Guard(path, () =>
    {
        try
        {
            var paths = session.Path.GetResolvedProviderPathFromPSPath(path, out var provider);
            Require(path, provider);
            // A gate that tests models/*.pt must not pass because there are none.
            return paths.Count > 0 ? paths : throw NoMatch(path, Path.Exists(Get(session, path)));
        }
        catch (ItemNotFoundException exception)
        {
            // In full: whoever reads a log does not know the directory that the path was relative to.
            string full = Get(session, path);
            throw NotFound(full, RegularFile.DescribeLink(full) ?? "there is no such file or directory.", exception);
        }
    });

    private static RefusedException NoMatch(string path, bool isName) =>
        isName ? NotFound(path, "no file matches this pattern. There is one of this very name: use -LiteralPath.")
        : NamePatterns.Parse(path, WildcardOptions.None) is null ? new RefusedException(ErrorRecords.WildcardInvalid(path, path))
        : NotFound(path, "no file matches this pattern.");

    private static void Require(string path, ProviderInfo provider)
    {
        if (provider.ImplementingType != typeof(FileSystemProvider))
        {
            throw new RefusedException(ErrorRecords.NotFileSystem(path, provider.Name));
        }
    }

    private static T Guard<T>(string path, Func<T> work)
    {
        if (RemoteNames.IsAddress(path))
        {
            // There may be a signature in it, and errors show paths.
            throw new RefusedException(ErrorRecords.AddressAsPath(path));
        }

        try
        {
            return work();
        }
        catch (WildcardPatternException)
        {
            throw new RefusedException(ErrorRecords.WildcardInvalid(path, path));
        }
        catch (Exception exception) when (exception is System.Management.Automation.DriveNotFoundException or ProviderNotFoundException
            or ProviderInvocationException or PSArgumentException or PSInvalidOperationException or PSNotSupportedException
            or NotSupportedException or IOException or ArgumentException)
        {
            throw NotFound(path, exception.Message, exception);
        }
    }

    private static RefusedException NotFound(string path, string message, Exception? cause = null) =>
        new(ErrorRecords.Of(new CheckpointException(CheckpointErrorIds.NotFound, path, message, cause), path));
}

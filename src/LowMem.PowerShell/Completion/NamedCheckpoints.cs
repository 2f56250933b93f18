using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Exploring;
using LowMem.Checkpoints.Formats;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Completion;

/// <summary>The checkpoints that the parameters of a command name while somebody still types it.</summary>
internal static class NamedCheckpoints
{
    /// <summary>Completion must not make anybody wait: of a wildcard's files the first few will do.</summary>
    private const int MaxFiles = 8;

    /// <summary>What is in them, one after the other.</summary>
    public static IEnumerable<Checkpoint> Open(IDictionary parameters) => List(parameters).Select(listing => listing.Checkpoint);

    /// <summary>
    /// Lists them one after the other; what cannot be opened is left out, since nobody would see an error. Who asks for the next key of
    /// the same file waits for no more than a look whether it is still the same.
    /// </summary>
    public static IEnumerable<CheckpointListing> List(IDictionary parameters) =>
        Texts(parameters["Path"] ?? parameters["ReferencePath"]).SelectMany(path => Resolve(path, literal: false))
            .Concat(Texts(parameters["LiteralPath"] ?? parameters["Checkpoint"] ?? parameters["ReferenceLiteralPath"]).SelectMany(path => Resolve(path, literal: true)))
            .Take(MaxFiles)
            .Select(TryList)
            .OfType<CheckpointListing>()
            .Concat(RemoteListings.Of(parameters));

    private static IEnumerable<string> Texts(object? paths) =>
        (paths as IEnumerable<object?> ?? [paths]).Select(path => path?.ToString() ?? string.Empty).Where(text => text.Length > 0);

    /// <summary>Finds archives by the text in front of a separator, as far as they are there.</summary>
    public static IReadOnlyList<string> FindArchives(string path, bool literal) =>
        WithFinder<IReadOnlyList<string>>(literal, find => ArchivePathResolver.FindArchives(path, find)) ?? [];

    /// <summary>Finds a file by its path, as it is.</summary>
    public static IReadOnlyList<string> FindFiles(string path) =>
        path.Length == 0 ? [] : WithFinder<IReadOnlyList<string>>(literal: true, find => find(path)) ?? [];

    private static IReadOnlyList<string> Resolve(string path, bool literal) =>
        WithFinder(literal, find => ArchivePathResolver.Resolve(path, literal, find, CancellationToken.None) ?? find(path)) ?? [];

    /// <summary>Does something with what finds files of the session; null when that fails.</summary>
    private static T? WithFinder<T>(bool literal, Func<Func<string, Collection<string>>, T> work)
        where T : class
    {
        try
        {
            using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
            var paths = shell.AddScript("$ExecutionContext.SessionState").Invoke<SessionState>().Single().Path;

            // Called from here and not by the script, whose errors would stay in $Error.
            return work(text => literal
                ? [paths.GetUnresolvedProviderPathFromPSPath(text)]
                : paths.GetResolvedProviderPathFromPSPath(text, out _));
        }
        catch (Exception exception) when (exception is RuntimeException or InvalidOperationException or CheckpointException)
        {
            return null;
        }
    }

    private static CheckpointListing? TryList(string path)
    {
        try
        {
            return ListingCache.Shared.Get(path);
        }
        catch (CheckpointException)
        {
            return null;
        }
    }
}

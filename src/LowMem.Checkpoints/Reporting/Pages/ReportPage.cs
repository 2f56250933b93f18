using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Reporting.Pages;

/// <summary>
/// Writes one HTML file that shows a checkpoint: it needs no other file and no network. The same content gives the same bytes, and the
/// directories that the checkpoint lies in are not in it.
/// </summary>
public static class ReportPage
{
    /// <summary>How many bins the histograms on a page have.</summary>
    public const int BinCount = 64;

    /// <summary>Makes the directory that pages are written to, where it is not there.</summary>
    /// <param name="path">The directory. What it is in has to be there.</param>
    /// <exception cref="CheckpointException">It cannot be made.</exception>
    public static void CreateDirectory(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        try
        {
            // A name that was mistyped further up is an error, and no new tree.
            _ = Directory.Exists(Path.GetDirectoryName(full)) ? Directory.CreateDirectory(full) : throw new DirectoryNotFoundException();
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw AtomicFile.Wrap(exception, full);
        }
    }

    /// <summary>Writes the page. The file is whole, or what it was before.</summary>
    /// <param name="path">The file; what is there is replaced.</param>
    /// <param name="content">What to tell.</param>
    /// <param name="cancellationToken">Ends the writing early, and leaves no file.</param>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static void Write(string path, ReportContent content, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(content);
        AtomicFile.Write(Path.GetFullPath(path), stream => PageTemplate.Write(stream, content, () => PageData.Write(stream, content, cancellationToken)));
    }
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Reporting;

/// <summary>
/// A file of verdicts, written one by one: it takes no more memory for a million of them. The file is whole once
/// <see cref="Complete"/> has been called, and what it was before until then.
/// </summary>
public sealed class VerdictReport : IDisposable
{
    private readonly string path;
    private readonly PendingFile file;
    private readonly IVerdictWriter writer;

    private VerdictReport(string path, PendingFile file, IVerdictWriter writer)
    {
        this.path = path;
        this.file = file;
        this.writer = writer;
    }

    /// <summary>Begins a report.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="format">How to write it.</param>
    /// <param name="baseDirectory">The directory that paths in a report are relative to, such as that of a repository.</param>
    /// <exception cref="CheckpointException">The file cannot be made.</exception>
    public static VerdictReport Create(string path, VerdictFormat format, string baseDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(baseDirectory);
        path = Path.GetFullPath(path);
        var paths = new ReportPaths(baseDirectory);
        var file = new PendingFile(path);
        try
        {
            return new VerdictReport(path, file, format switch
            {
                VerdictFormat.Sarif => new SarifWriter(file.Stream, paths),
                VerdictFormat.JUnit => new JUnitWriter(file.Stream, paths),
                VerdictFormat.Markdown => new MarkdownWriter(file.Stream, paths),
                VerdictFormat.Csv => new CsvWriter(file.Stream),
                _ => throw new ArgumentOutOfRangeException(nameof(format)),
            });
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds a verdict.</summary>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public void Add(CheckpointVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        Guard(() => writer.Add(verdict));
    }

    /// <summary>Ends the report: the file takes its place.</summary>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public void Complete()
    {
        Guard(writer.Complete);
        file.Complete();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            writer.Dispose();
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception) || exception is ObjectDisposedException)
        {
            // What is left of a report that was given up goes nowhere.
        }

        file.Dispose();
    }

    private void Guard(Action write)
    {
        try
        {
            write();
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw AtomicFile.Wrap(exception, path);
        }
    }
}

/// <summary>Writes verdicts in one format.</summary>
internal interface IVerdictWriter : IDisposable
{
    void Add(CheckpointVerdict verdict);

    /// <summary>Writes the end. The stream stays open.</summary>
    void Complete();
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Conversion;

/// <summary>Has the disk hold one file, and records it, while the next is written. One at a time: the disk is one, too.</summary>
/// <param name="directory">Where the files are.</param>
/// <param name="journal">Where they are recorded; null when there is one file, of which nothing can go on.</param>
/// <param name="cancellationToken">Ends it early.</param>
internal sealed class ShardFinisher(OutputDirectory directory, ConversionJournal? journal, CancellationToken cancellationToken) : IDisposable
{
    private Task last = Task.CompletedTask;

    /// <summary>Takes a file that is written; waits for the one before.</summary>
    /// <exception cref="CheckpointException">The one before could not be written.</exception>
    public void Add(string name, OutputFile file)
    {
        try
        {
            Wait();
        }
        catch
        {
            file.Dispose();
            throw;
        }

        last = Task.Run(() => Finish(name, file), CancellationToken.None);
    }

    /// <summary>Waits until the disk holds all files.</summary>
    /// <exception cref="CheckpointException">One could not be written.</exception>
    public void Wait() => last.GetAwaiter().GetResult();

    /// <summary>Waits, so that nothing is at work on files that are about to be removed.</summary>
    public void Dispose() => Task.WhenAny(last).GetAwaiter().GetResult();

    private void Finish(string name, OutputFile file)
    {
        using (file)
        {
            file.Flush();
        }

        if (journal is not null)
        {
            journal.Add(name, ShardWriter.GetDigest(directory.GetStaged(name), directory.GetPath(name), cancellationToken));
            journal.Write(directory);
        }
    }
}

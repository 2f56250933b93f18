using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources;

/// <summary>
/// Where checkpoints are: opens files, tells whether they exist, and lists directories. Names are full ones, with the file
/// and its directories parted by slashes.
/// </summary>
public abstract class CheckpointLocation
{
    /// <summary>The local file system.</summary>
    public static CheckpointLocation Local { get; } = new LocalFiles();

    /// <summary>Whether small reads side by side are one read.</summary>
    internal virtual bool IsBuffered => true;

    /// <summary>Whether files that a checkpoint names may be in other places, each of which looks at what it has.</summary>
    internal virtual bool HoldsPart => false;

    /// <summary>Whether it can be told what is in a directory.</summary>
    internal virtual bool IsListed => true;

    /// <summary>Opens a file.</summary>
    /// <param name="name">Its full name; links are followed.</param>
    /// <param name="cancellationToken">Ends every read of it that is not given a token of its own.</param>
    /// <exception cref="CheckpointException">It is not there, cannot be read, or is no regular file.</exception>
    public RandomAccessSource Open(string name, CancellationToken cancellationToken = default) =>
        IsBuffered ? new BufferedSource(OpenUnbuffered(name, cancellationToken)) : OpenUnbuffered(name, cancellationToken);

    /// <summary>
    /// Opens a file that the content of a checkpoint names. Whoever made the checkpoint may have put a link there; it must not
    /// lead to anything that is not of the checkpoint.
    /// </summary>
    /// <param name="directory">The full name of the directory of the checkpoint.</param>
    /// <param name="name">A relative name that stays inside it, as far as its text says.</param>
    /// <param name="cancellationToken">Ends every read of it that is not given a token of its own.</param>
    /// <exception cref="CheckpointException">It is not there, cannot be read, is no regular file, or leads out of the directory.</exception>
    public virtual RandomAccessSource OpenInside(string directory, string name, CancellationToken cancellationToken = default) =>
        Open(Combine(directory, name), cancellationToken);

    /// <summary>Whether there is a file, which need not be readable.</summary>
    /// <param name="name">Its full name.</param>
    public abstract bool FileExists(string name);

    /// <summary>Whether there is a directory.</summary>
    /// <param name="name">Its full name.</param>
    public abstract bool DirectoryExists(string name);

    /// <summary>What is in a directory, in the order of the location.</summary>
    /// <param name="directory">Its full name.</param>
    /// <exception cref="CheckpointException">It is not there, or may not be read.</exception>
    public abstract IEnumerable<LocationEntry> List(string directory);

    /// <summary>The full name of what the user named.</summary>
    /// <param name="name">A name, which may be relative.</param>
    public abstract string GetFullName(string name);

    /// <summary>The directory of a file; null when it is in none.</summary>
    /// <param name="name">The full name of the file.</param>
    public abstract string? GetDirectory(string name);

    /// <summary>The full name of something in a directory.</summary>
    /// <param name="directory">The full name of the directory.</param>
    /// <param name="name">The name in it.</param>
    public abstract string Combine(string directory, string name);

    /// <summary>The name of a file relative to a directory that it is in, or above it, as lists of digests and signatures spell it.</summary>
    /// <param name="directory">The full name of the directory.</param>
    /// <param name="name">The full name of the file.</param>
    internal virtual string GetRelative(string directory, string name) =>
        Path.GetRelativePath(directory, name).Replace(Path.DirectorySeparatorChar, '/');

    /// <summary>The same version of a file on this machine, where it can be mapped.</summary>
    /// <param name="file">A file as it was when it was listed.</param>
    /// <param name="arrived">Told how many bytes came, as they come.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>The file itself, where it is on this machine.</returns>
    /// <exception cref="CheckpointException">It cannot be had, or is another version.</exception>
    public virtual CheckpointFile MakeLocal(CheckpointFile file, Action<long> arrived, CancellationToken cancellationToken = default) => file;

    /// <summary>How many bytes <see cref="MakeLocal"/> would fetch; 0 where the file is on this machine.</summary>
    /// <param name="file">A file as it was when it was listed.</param>
    public virtual long CountBytesToFetch(CheckpointFile file) => 0;

    /// <summary>Opens a file of which every read is one of the location's own, however small.</summary>
    /// <param name="name">Its full name; links are followed.</param>
    /// <param name="cancellationToken">Ends every read of it that is not given a token of its own.</param>
    /// <exception cref="CheckpointException">It is not there, cannot be read, or is no regular file.</exception>
    protected internal abstract RandomAccessSource OpenUnbuffered(string name, CancellationToken cancellationToken = default);

    /// <summary>The same location as one of several places, over which the files of a checkpoint are spread.</summary>
    internal CheckpointLocation AsOneOfSeveral() => new PartialLocation(this);

    /// <summary>The same location, of which every read is counted.</summary>
    internal CheckpointLocation With(ReadMeter meter) => new MeteredLocation(this, meter);

    /// <summary>The same location, of which what was read while files were opened is not read again.</summary>
    internal CheckpointLocation With(ReadMemory memory) => new RememberingLocation(this, memory);
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Tests.Sources;

/// <summary>
/// Files that are nowhere but in memory: the second kind of location, which shows that no reader knows the first. Before
/// each read it calls back, so that a test can fail it, wait in it, or change the file.
/// </summary>
internal sealed class MemoryLocation : CheckpointLocation
{
    private readonly Dictionary<string, (byte[] Bytes, DateTime Time)> files = new(StringComparer.Ordinal);
    private readonly HashSet<string> directories = new(StringComparer.Ordinal);

    /// <summary>How many reads there were.</summary>
    public int Reads { get; private set; }

    /// <summary>The lengths of all files.</summary>
    public long ByteLength => files.Values.Sum(file => file.Bytes.LongLength);

    /// <summary>How many bytes were read.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Called before each read with its number, from 0 up, and the token it was given.</summary>
    public Action<int, CancellationToken>? BeforeRead { get; set; }

    /// <summary>The same files as below a directory of the disk, under the same names and of the same times.</summary>
    public static MemoryLocation Of(string path, bool keepsBlocks = true)
    {
        var location = new MemoryLocation { KeepsBlocks = keepsBlocks };
        if (File.Exists(path))
        {
            location.Add(path, File.ReadAllBytes(path), File.GetLastWriteTimeUtc(path));
            return location;
        }

        location.directories.Add(path);
        foreach (string file in Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            location.Add(file, File.ReadAllBytes(file), File.GetLastWriteTimeUtc(file));
        }

        return location;
    }

    public void Add(string name, byte[] bytes, DateTime time)
    {
        files[name] = (bytes, time);
        for (string? parent = GetDirectory(name); parent is not null && directories.Add(parent); parent = GetDirectory(parent))
        {
        }
    }

    /// <summary>Changes one byte of a file, which becomes another version of the same length.</summary>
    public void Change(string name)
    {
        var (bytes, time) = files[name];
        files[name] = ([.. bytes[..^1], (byte)(bytes[^1] ^ 0xff)], time.AddSeconds(1));
    }

    /// <summary>Whether blocks are kept, which would hide some reads behind others.</summary>
    public bool KeepsBlocks { get; init; } = true;

    internal override bool IsBuffered => KeepsBlocks;

    /// <summary>All names.</summary>
    public IReadOnlyList<string> Names => [.. files.Keys];

    public override bool FileExists(string name) => files.ContainsKey(name);

    public override bool DirectoryExists(string name) => directories.Contains(name);

    public override IEnumerable<LocationEntry> List(string directory) => directories.Contains(directory)
        ? files.Keys.Where(name => GetDirectory(name) == directory).Select(name => new LocationEntry(Path.GetFileName(name), IsDirectory: false, IsLink: false))
            .Concat(directories.Where(name => GetDirectory(name) == directory).Select(name => new LocationEntry(Path.GetFileName(name), IsDirectory: true, IsLink: false)))
            .ToList()
        : throw new CheckpointException(CheckpointErrorIds.NotFound, directory, "there is no such directory.");

    public override string GetFullName(string name) => name;

    public override string? GetDirectory(string name) => name.LastIndexOf('/') is > 0 and var slash ? name[..slash] : null;

    public override string Combine(string directory, string name) => $"{directory}/{name}";

    protected internal override RandomAccessSource OpenUnbuffered(string name, CancellationToken cancellationToken = default) =>
        files.TryGetValue(name, out var file)
            ? new MemorySource(this, name, file.Bytes, cancellationToken)
            : throw new CheckpointException(CheckpointErrorIds.NotFound, name, "there is no such file.");

    private CheckpointFile Describe(string name) =>
        new(name, files[name].Bytes.Length, files[name].Time) { Location = this };

    private sealed class MemorySource(MemoryLocation location, string name, byte[] bytes, CancellationToken cancellationToken)
        : RandomAccessSource(name, bytes.Length, cancellationToken)
    {
        public override CheckpointFile Version { get; } = location.Describe(name);

        public override CheckpointFile LookAgain() => location.Describe(Name);

        protected internal override void Fill(long offset, Span<byte> destination, string what, CancellationToken cancellationToken)
        {
            int number;
            lock (location.files)
            {
                number = location.Reads++;
                location.BytesRead += destination.Length;
            }

            location.BeforeRead?.Invoke(number, cancellationToken);
            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
        }
    }
}

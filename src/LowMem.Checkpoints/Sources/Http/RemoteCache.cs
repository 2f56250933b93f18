using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>
/// Whole files of servers, kept on this machine under the digest of their content, so that they are fetched once and can be mapped.
/// Several processes may use it at once. What was not used for the longest time goes first when there is no room.
/// </summary>
/// <param name="directory">Where they are.</param>
/// <param name="limit">The most bytes of all files together.</param>
internal sealed class RemoteCache(string directory, long limit)
{
    public const string DirectoryVariable = "LOWMEM_CACHE";
    public const string LimitVariable = "LOWMEM_CACHE_LIMIT";

    private const long DefaultLimit = 100L << 30;
    private const int BlockLength = 1 << 20;
    private const int DigestLength = 64;
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(2);

    /// <summary>That of the user: in the platform's folder for caches, or where the environment says.</summary>
    public static RemoteCache OfUser(Func<string, string?> environment)
    {
        string? limit = environment(LimitVariable);
        return new RemoteCache(
            Path.GetFullPath(environment(DirectoryVariable) is { Length: > 0 } directory ? directory : Path.Combine(FindFolder(environment), "lowmem")),
            long.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) ? bytes : DefaultLimit);
    }

    /// <inheritdoc/>
    public override string ToString() => directory;

    /// <summary>Whether a version of a file can be told from others, and there is room for it.</summary>
    public bool Takes(RemoteFile file) => file.Length <= limit && file.Length > 0 && (file.Opening.Tag is not null || file.Opening.Version.LastModified is not null);

    /// <summary>The path of what is there already; null when it is not.</summary>
    public string? Find(RemoteFile file)
    {
        string? path = FindDigest(file) is { } digest ? GetContent(digest) : null;
        return path is not null && LengthOf(path) == file.Length ? path : null;
    }

    /// <summary>The path of the content, which is fetched where it is not there.</summary>
    /// <param name="file">The file, which the cache takes.</param>
    /// <param name="arrived">Told the bytes that came.</param>
    /// <param name="cancellationToken">Ends it early; nothing is left behind.</param>
    /// <exception cref="CheckpointException">It cannot be had, or not be kept.</exception>
    public string Get(RemoteFile file, Action<long> arrived, CancellationToken cancellationToken)
    {
        try
        {
            Prepare();
            using var one = Lock(file, cancellationToken);
            if (Find(file) is { } there)
            {
                Touch(there);
                return there;
            }

            MakeRoom(file.Length);
            string temporary = Path.Combine(directory, "tmp", $"{Guid.NewGuid():N}.tmp");
            try
            {
                string digest = Fetch(file, temporary, arrived, cancellationToken);
                if (DigestOfHub(file) is { } expected && expected != digest)
                {
                    throw RemoteErrors.AnswerInvalid(file.Name, "its SHA-256 is not the one that the hub says");
                }

                string path = GetContent(digest);

                // What is there already, under another name, may be mapped, and is left as it is.
                if (LengthOf(path) != file.Length)
                {
                    File.Move(temporary, path, overwrite: true);
                }

                return Note(file, digest, path);
            }
            finally
            {
                AtomicFile.Remove(temporary);
            }
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw AtomicFile.Wrap(exception, directory);
        }
    }

    /// <summary>Fetches a file to a path, and gives its SHA-256.</summary>
    public static string Fetch(RemoteFile file, string path, Action<long> arrived, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var ahead = new ReadAheadQueue(file, [new ByteRange(0, file.Length)], cancellationToken);
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        byte[] block = new byte[BlockLength];
        for (long done = 0; done < file.Length;)
        {
            int count = ahead.Take(done, block, cancellationToken);
            try
            {
                stream.Write(block, 0, count);
            }
            catch (IOException exception)
            {
                throw AtomicFile.Wrap(exception, path);
            }

            hash.AppendData(block, 0, count);
            done += count;
            arrived(count);
        }

        stream.Flush(flushToDisk: true);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Large files of the hub have their SHA-256 as their tag.</summary>
    private static string? DigestOfHub(RemoteFile file) =>
        file.Opening.LinkedTag?.Trim('"') is { Length: DigestLength } tag && tag.All(char.IsAsciiHexDigitLower) ? tag : null;

    private static string FindFolder(Func<string, string?> environment)
    {
        string profile = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : OperatingSystem.IsMacOS() ? Path.Combine(profile, "Library", "Caches")
            : environment("XDG_CACHE_HOME") is { Length: > 0 } folder ? folder
            : Path.Combine(profile, ".cache");
    }

    private static string KeyOf(RemoteFile file) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{file.Name}\n{file.Opening.Tag}\n{file.Opening.Version.LastModified?.UtcTicks}\n{file.Length}"))));

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : -1;

    private static void Touch(string path)
    {
        try
        {
            File.SetLastAccessTimeUtc(path, DateTime.UtcNow);
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            // It goes a little sooner then.
        }
    }

    private string GetContent(string digest) => Path.Combine(directory, "content", digest);

    private string GetNote(RemoteFile file) => Path.Combine(directory, "names", KeyOf(file));

    private string? FindDigest(RemoteFile file)
    {
        if (DigestOfHub(file) is { } known)
        {
            return known;
        }

        try
        {
            string text = File.ReadAllText(GetNote(file));
            return text.Length == DigestLength && text.All(char.IsAsciiHexDigitLower) ? text : null;
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            return null;
        }
    }

    private string Note(RemoteFile file, string digest, string path)
    {
        AtomicFile.Write(GetNote(file), stream => stream.Write(Encoding.ASCII.GetBytes(digest)));
        return path;
    }

    /// <summary>For this user alone: what others could write would be what is loaded.</summary>
    private void Prepare()
    {
        foreach (string name in new[] { "content", "names", "locks", "tmp" })
        {
            string path = Path.Combine(directory, name);
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
    }

    /// <summary>One process fetches a file, and the others wait for it. A lock of a process that was killed is none.</summary>
    private FileStream Lock(RemoteFile file, CancellationToken cancellationToken)
    {
        string path = Path.Combine(directory, "locks", KeyOf(file));
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }
            catch (IOException exception) when (exception is not DirectoryNotFoundException && !FileErrors.IsFull(exception) && File.Exists(path))
            {
                cancellationToken.WaitHandle.WaitOne(Retry);
            }
        }
    }

    private void MakeRoom(long length)
    {
        foreach (string left in Directory.GetFiles(Path.Combine(directory, "tmp")).Where(path => DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > Abandoned))
        {
            AtomicFile.Remove(left);
        }

        var files = new DirectoryInfo(Path.Combine(directory, "content")).GetFiles().OrderBy(file => file.LastAccessTimeUtc).ToList();
        long kept = files.Sum(file => file.Length);
        foreach (var file in files)
        {
            if (kept + length <= limit)
            {
                break;
            }

            // Who has it mapped keeps it; where that forbids to remove it, it stays.
            AtomicFile.Remove(file.FullName);
            kept -= file.Length;
        }
    }
}

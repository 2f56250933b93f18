using System.Collections.Concurrent;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>
/// The files beside an address that somebody named: on one web server, or in one repository of the hub. A file that was opened
/// once stays the version that it was.
/// </summary>
public sealed class RemoteLocation : CheckpointLocation, IDisposable
{
    private readonly RemoteAddress address;
    private readonly RemoteOptions options;
    private readonly HttpTransport transport;
    private readonly RemoteExchange exchange;
    private readonly RemoteOpener opener;
    private readonly RetryPolicy retries;
    private readonly ConcurrentDictionary<string, Lazy<RemoteFile>> files = new(StringComparer.Ordinal);

    /// <summary>What was fetched to be mapped, and is not kept.</summary>
    private readonly ConcurrentDictionary<string, string> locals = new(StringComparer.Ordinal);

    private RemoteLocation(RemoteAddress address, RemoteOptions options)
    {
        this.address = address;
        this.options = options;
        if (address.IsHub && options.Hub.IsOffline)
        {
            throw RemoteErrors.Unavailable(address.Name, "HF_HUB_OFFLINE is set, so that nothing is fetched from the hub. Name a file, or unset it");
        }

        transport = new HttpTransport(options);
        exchange = new RemoteExchange(options, transport, address.Locate(address.Name), address.IsHub);
        opener = new RemoteOpener(exchange, address, options.AllowFullDownload);
        retries = new RetryPolicy(options.Times);
    }

    /// <summary>The name of what was given, without what may be secret in it.</summary>
    public string Name => address.Name;

    internal override bool IsBuffered => false;

    internal override bool IsListed => false;

    internal bool IsSparse => !options.ReadsAll;

    /// <summary>What is at an address. Nothing is asked yet.</summary>
    /// <param name="uri">An https or http address, also a signed one, or <c>hf://owner/repo[@revision][/file]</c>.</param>
    /// <param name="options">How servers are asked.</param>
    /// <exception cref="CheckpointException">It is no address that is read here, or what is secret would go unencrypted.</exception>
    public static RemoteLocation Create(string uri, RemoteOptions options)
    {
        ArgumentNullException.ThrowIfNull(uri);
        ArgumentNullException.ThrowIfNull(options);
        return new RemoteLocation(RemoteAddress.Parse(uri, options), options);
    }

    /// <inheritdoc/>
    /// <remarks>Object stores refuse what is not there, to whom they show no list: what is refused is not there for who asks.</remarks>
    public override bool FileExists(string name)
    {
        try
        {
            _ = Get(name, options.Cancellation);
            return true;
        }
        catch (CheckpointException exception) when (exception.ErrorId is CheckpointErrorIds.NotFound or CheckpointErrorIds.AccessDenied)
        {
            return false;
        }
        catch (CheckpointException)
        {
            return true;
        }
    }

    private CancellationToken Either(CancellationToken cancellationToken) => cancellationToken.CanBeCanceled ? cancellationToken : options.Cancellation;

    /// <inheritdoc/>
    public override bool DirectoryExists(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.EndsWith('/') || (address.IsHub && HubPath.IsOne(name) && HubPath.Parse(name).File.Length == 0);
    }

    /// <inheritdoc/>
    public override IEnumerable<LocationEntry> List(string directory) => throw new CheckpointException(
        CheckpointErrorIds.NotFound, directory, "what is in a directory of a server cannot be listed. Name the file, or the index of its shards.");

    /// <inheritdoc/>
    public override string GetFullName(string name) => name;

    /// <inheritdoc/>
    public override string? GetDirectory(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (address.IsHub && HubPath.IsOne(name) && HubPath.Parse(name).File.Length == 0)
        {
            return null;
        }

        int end = name.TrimEnd('/').LastIndexOf('/');
        return end > name.IndexOf("//", StringComparison.Ordinal) + 1 ? name[..end] : null;
    }

    /// <inheritdoc/>
    public override string Combine(string directory, string name)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(name);
        string inside = name.Replace('\\', '/');
        return $"{directory.TrimEnd('/')}/{(address.IsHub ? inside : string.Join('/', inside.Split('/').Select(Uri.EscapeDataString)))}";
    }

    /// <summary>Of the hub, whatever the commit is; of a server, as the name was before it was written as an address.</summary>
    internal override string GetRelative(string directory, string name)
    {
        string root = directory.TrimEnd('/') + '/';
        if (address.IsHub && HubPath.IsOne(directory) && HubPath.IsOne(name))
        {
            (var home, var file) = (HubPath.Parse(directory), HubPath.Parse(name));
            root = home.File.Length == 0 ? string.Empty : home.File + '/';
            return home with { File = string.Empty, Revision = null } == file with { File = string.Empty, Revision = null }
                && file.File.StartsWith(root, StringComparison.Ordinal) ? file.File[root.Length..] : name;
        }

        return name.StartsWith(root, StringComparison.Ordinal) ? string.Join('/', name[root.Length..].Split('/').Select(Unescape)) : name;
    }

    /// <summary>What would be another path then stays as it is.</summary>
    private static string Unescape(string part) =>
        Uri.UnescapeDataString(part) is var text && text is not ("" or "." or "..") && text.IndexOfAny(['/', '\\', '\0']) < 0 ? text : part;

    /// <inheritdoc/>
    public override long CountBytesToFetch(CheckpointFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return locals.ContainsKey(file.Path) || (options.UsesCache && options.Cache.Find(Get(file.Path, options.Cancellation)) is not null) ? 0 : file.Length;
    }

    /// <inheritdoc/>
    public override CheckpointFile MakeLocal(CheckpointFile file, Action<long> arrived, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(arrived);
        var remote = Get(file.Path, cancellationToken);
        using (var source = new HttpSource(remote, this, cancellationToken))
        {
            ListedFile.Check(file, source.Version);
        }

        string path = options.UsesCache && options.Cache.Takes(remote)
            ? options.Cache.Get(remote, arrived, cancellationToken)
            : locals.GetOrAdd(file.Path, _ => FetchUnkept(remote, arrived, cancellationToken));
        using var local = FileSource.Open(path, cancellationToken);
        return local.Version;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        transport.Dispose();
        foreach (string path in locals.Values)
        {
            // Who has it mapped keeps it; where that forbids to remove it, it stays.
            AtomicFile.Remove(path);
        }

        foreach (var file in files.Values)
        {
            if (file.IsValueCreated)
            {
                file.Value.Opening.Local?.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    protected internal override RandomAccessSource OpenUnbuffered(string name, CancellationToken cancellationToken = default) =>
        new HttpSource(Get(name, Either(cancellationToken)), this, Either(cancellationToken));

    private RemoteFile Get(string name, CancellationToken cancellationToken)
    {
        var lazy = files.GetOrAdd(name, each => new Lazy<RemoteFile>(() => RemoteFile.OpenAsync(
            each, Locate(each), exchange, retries, opener, options.Traffic.Of(each), cancellationToken).GetAwaiter().GetResult()));
        try
        {
            var file = lazy.Value;
            files.TryAdd(file.Name, lazy);
            return file;
        }
        catch (Exception exception) when (exception is OperationCanceledException or CheckpointException { ErrorId: not CheckpointErrorIds.NotFound })
        {
            // It may go well another time.
            files.TryRemove(new KeyValuePair<string, Lazy<RemoteFile>>(name, lazy));
            throw;
        }
    }

    private static string FetchUnkept(RemoteFile file, Action<long> arrived, CancellationToken cancellationToken)
    {
        string path = Path.Combine(Path.GetTempPath(), $"lowmem-{Guid.NewGuid():N}.tmp");
        try
        {
            RemoteCache.Fetch(file, path, arrived, cancellationToken);
            return path;
        }
        catch (Exception exception)
        {
            AtomicFile.Remove(path);
            throw FileErrors.IsFileError(exception) ? AtomicFile.Wrap(exception, path) : exception;
        }
    }

    private Uri Locate(string name)
    {
        try
        {
            return address.Locate(name);
        }
        catch (UriFormatException)
        {
            throw RemoteErrors.Invalid(name, "this is no address of a file");
        }
    }
}

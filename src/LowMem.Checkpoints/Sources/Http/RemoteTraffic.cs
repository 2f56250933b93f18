using System.Collections.Concurrent;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>Counts what was asked of servers. Safe for several threads.</summary>
public sealed class RemoteTraffic
{
    private readonly ConcurrentDictionary<string, FileTraffic> files = new(StringComparer.Ordinal);

    /// <summary>The requests, redirects and repeated ones among them.</summary>
    public long Requests => files.Values.Sum(file => file.Requests);

    /// <summary>The bytes of content that came.</summary>
    public long Bytes => files.Values.Sum(file => file.Bytes);

    /// <summary>What was asked again because it failed.</summary>
    public long Retries => files.Values.Sum(file => file.Retries);

    /// <summary>What was fetched since this was asked last, a line for each file; nothing secret is in it.</summary>
    public IReadOnlyList<string> TakeLines()
    {
        var lines = new List<string>();
        foreach (var (name, file) in files.OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            if (file.Take() is { } text)
            {
                lines.Add($"{name}: {text}.");
            }
        }

        return lines;
    }

    internal FileTraffic Of(string name) => files.GetOrAdd(name, _ => new FileTraffic());
}

/// <summary>What was asked for one file.</summary>
internal sealed class FileTraffic
{
    private long requests;
    private long redirects;
    private long bytes;
    private long retries;
    private (long Requests, long Redirects, long Bytes, long Retries) told;

    public long Requests => Interlocked.Read(ref requests);

    public long Bytes => Interlocked.Read(ref bytes);

    public long Retries => Interlocked.Read(ref retries);

    public void AddRequest() => Interlocked.Increment(ref requests);

    public void AddRedirect() => Interlocked.Increment(ref redirects);

    public void AddRetry() => Interlocked.Increment(ref retries);

    public void AddBytes(long count) => Interlocked.Add(ref bytes, count);

    public string? Take()
    {
        var now = (Requests, Redirects: Interlocked.Read(ref redirects), Bytes, Retries);
        if (now == told)
        {
            return null;
        }

        var (before, _) = (told, told = now);
        string redirected = now.Redirects > before.Redirects ? $", {now.Redirects - before.Redirects} of them redirected" : string.Empty;
        string again = now.Retries > before.Retries ? $", {now.Retries - before.Retries} asked again" : string.Empty;
        return $"{now.Requests - before.Requests} requests{redirected}{again}, {now.Bytes - before.Bytes} bytes fetched";
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>
/// One version of a file on a server: fetches ranges of it, and each answer has to be of that version. Safe for several threads.
/// </summary>
internal sealed class RemoteFile
{
    private readonly RemoteExchange exchange;
    private readonly RetryPolicy retries;
    private readonly RemoteTarget start;
    private readonly FileTraffic traffic;
    private volatile Place place;

    private RemoteFile(RemoteExchange exchange, RetryPolicy retries, RemoteTarget start, FileTraffic traffic, RemoteOpening opening)
    {
        this.exchange = exchange;
        this.retries = retries;
        this.start = start;
        this.traffic = traffic;
        place = new Place(opening.Target, opening.Version);
        Opening = opening;
        Blocks = new BlockStore(this);
        if (opening.Start.Length > 0)
        {
            Blocks.Add(0, opening.Start);
        }
    }

    /// <summary>What was learned when it was opened.</summary>
    public RemoteOpening Opening { get; }

    /// <summary>The name that errors have.</summary>
    public string Name => Opening.Name;

    public long Length => Opening.Version.Length;

    /// <summary>What is in memory, and how what is not is fetched.</summary>
    public BlockStore Blocks { get; }

    /// <summary>What has to hold before values are handed out.</summary>
    public DeferredChecks Checks { get; } = new();

    /// <summary>Opens a file: fetches its first bytes, and learns its length and version by that.</summary>
    /// <exception cref="CheckpointException">It is not there, or cannot be had.</exception>
    public static async Task<RemoteFile> OpenAsync(
        string name, Uri uri, RemoteExchange exchange, RetryPolicy retries, RemoteOpener opener, FileTraffic traffic, CancellationToken cancellationToken)
    {
        var start = new RemoteTarget(uri, null);
        var opening = await retries.RunAsync(
            token => Guard(name, exchange.Times, RemoteOpener.StartLength, isOpen: false, body => opener.OpenAsync(name, start, traffic, body), token),
            traffic,
            cancellationToken).ConfigureAwait(false);
        return new RemoteFile(exchange, retries, start, traffic, opening);
    }

    /// <summary>Fetches a range. What comes before a connection breaks is kept, and the rest asked for again.</summary>
    /// <exception cref="CheckpointException">It cannot be had, or is of another version.</exception>
    public async Task FetchAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (Opening.Local is { } local)
        {
            local.Read(offset, destination.Span, cancellationToken);
            return;
        }

        int done = 0;
        await retries.RunAsync(
            async token =>
            {
                void Count(int bytes)
                {
                    done += bytes;
                    traffic.AddBytes(bytes);
                }

                return await Guard(Name, exchange.Times, destination.Length - done, isOpen: true, async body =>
                {
                    await FetchOnceAsync(offset + done, destination[done..], body, Count).ConfigureAwait(false);
                    return true;
                }, token).ConfigureAwait(false);
            },
            traffic,
            cancellationToken).ConfigureAwait(false);
    }

    private async Task FetchOnceAsync(long offset, Memory<byte> destination, BodyReader body, Action<int> arrived)
    {
        if (destination.IsEmpty)
        {
            return;
        }

        // A signed address ends some time: then whoever gave it is asked for another one.
        var known = place;
        var (response, target, facts) = await exchange.SendAsync(Name, known.Target, RangeOf(offset, destination.Length), traffic, body.Token).ConfigureAwait(false);
        if (known.Target != start && response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            response.Dispose();
            (response, target, facts) = await exchange.SendAsync(Name, start, RangeOf(offset, destination.Length), traffic, body.Token).ConfigureAwait(false);
        }

        using (response)
        {
            RangeAnswer.CheckStatus(Name, response, facts, exchange.Times, exchange.TokenHint);
            if (response.StatusCode != HttpStatusCode.PartialContent)
            {
                Opening.Version.Check(Name, RemoteVersion.Of(response, response.Content.Headers.ContentLength ?? Length));
                throw RemoteErrors.NoRanges(Name, "the server no longer gives parts of the file");
            }

            long length = RangeAnswer.CheckRange(Name, response, offset, destination.Length, Length, out _);
            Check(target, facts, RemoteVersion.Of(response, length), known);
            await body.ReadAsync(Name, response, destination, arrived).ConfigureAwait(false);
        }
    }

    /// <summary>The hub's digest is of the file; an ETag is of the host that gives it, and the hub sends to many.</summary>
    private void Check(RemoteTarget target, RemoteFacts facts, RemoteVersion now, Place known)
    {
        if (target == known.Target)
        {
            known.Version.Check(Name, now);
            return;
        }

        if (Opening.LinkedTag is { } linked && facts.LinkedTag is { } tag)
        {
            var listed = new RemoteVersion(Length, linked, null);
            listed.Check(Name, listed with { Tag = tag, Length = now.Length });
        }
        else
        {
            known.Version.Check(Name, now);
        }

        place = new Place(target, now);
    }

    private static RangeHeaderValue RangeOf(long offset, int length) => new(offset, offset + length - 1);

    /// <summary>Makes of whatever goes wrong an error, or a reason to try again.</summary>
    private static async Task<T> Guard<T>(
        string name, RemoteTimes times, long bytes, bool isOpen, Func<BodyReader, Task<T>> work, CancellationToken cancellationToken)
    {
        using var body = new BodyReader(times, bytes, cancellationToken);
        try
        {
            return await work(body).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!isOpen && !cancellationToken.IsCancellationRequested && exception.InnerException is TimeoutException)
        {
            throw RemoteErrors.Unavailable(name, "the server cannot be reached: no connection came about in time", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            // A connection that does not come about is cancelled as well.
            throw new TransientException(RemoteErrors.Unavailable(name, "the server does not answer in time, or too slowly", exception));
        }
        catch (EndOfStreamException exception)
        {
            throw new TransientException(RemoteErrors.Unavailable(name, "the server's answer ends before its end", exception));
        }
        catch (HttpRequestException exception) when (exception.InnerException is AuthenticationException tls)
        {
            throw RemoteErrors.Unavailable(name, $"there is no trusted connection to the server: {DisplayText.Line(tls.Message)}", exception);
        }
        catch (HttpRequestException exception) when (!isOpen && exception.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError)
        {
            throw RemoteErrors.Unavailable(name, $"the server cannot be reached: {DisplayText.Line(exception.Message)}", exception);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError is HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded)
        {
            throw RemoteErrors.AnswerInvalid(name, "it breaks the rules of HTTP");
        }
        catch (HttpIOException exception) when (exception.HttpRequestError is HttpRequestError.InvalidResponse)
        {
            throw RemoteErrors.AnswerInvalid(name, "it breaks the rules of HTTP");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new TransientException(RemoteErrors.Unavailable(name, "the connection to the server broke", exception));
        }
    }

    /// <summary>Where the file is, and what answers from there are like.</summary>
    private sealed record Place(RemoteTarget Target, RemoteVersion Version);
}

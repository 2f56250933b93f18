using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>
/// Sends single requests. Redirects are not followed here; and a request that a redirect asks for connects to no address that
/// the host which sent it could not reach by right: what is checked is the address of the connection itself, whatever a name
/// meant a moment before.
/// </summary>
internal sealed class HttpTransport(RemoteOptions options) : IDisposable
{
    private const int MaxConnections = 16;
    private const int LongestHeaders = 64;

    private readonly ConcurrentDictionary<string, AddressScope> scopes = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<AddressScope, Lazy<HttpMessageInvoker>> redirected = [];
    private HttpMessageInvoker? named;

    /// <summary>What kind of address a host was found at that was asked; the strictest where a proxy asked it.</summary>
    public AddressScope ScopeOf(Uri uri) => scopes.GetValueOrDefault(uri.Authority, AddressScope.Public);

    /// <summary>Sends a request to a host that somebody named.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        LazyInitializer.EnsureInitialized(ref named, () => Create(null)).SendAsync(request, cancellationToken);

    /// <summary>Sends a request to where a host sends.</summary>
    /// <param name="request">The request.</param>
    /// <param name="from">Of what kind the address of that host is.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="HttpRequestException">With a <see cref="RefusedAddressException"/>: it leads to where one cannot go from there.</exception>
    public Task<HttpResponseMessage> SendRedirectedAsync(HttpRequestMessage request, AddressScope from, CancellationToken cancellationToken)
    {
        // A proxy would connect by itself: what can be told by the text alone is told here.
        if (FindLiteral(request.RequestUri!) is { } scope && !IsAllowed(scope, from))
        {
            throw new HttpRequestException(null, new RefusedAddressException(scope));
        }

        return redirected.GetOrAdd(from, kind => new Lazy<HttpMessageInvoker>(() => Create(kind))).Value.SendAsync(request, cancellationToken);
    }

    public void Dispose()
    {
        named?.Dispose();
        foreach (var invoker in redirected.Values)
        {
            if (invoker.IsValueCreated)
            {
                invoker.Value.Dispose();
            }
        }
    }

    /// <summary>Everybody may be sent to what everybody reaches, and each to his own kind.</summary>
    private static bool IsAllowed(AddressScope to, AddressScope from) => to == AddressScope.Public || (to == from && to != AddressScope.Reserved);

    private AddressScope? FindLiteral(Uri uri) =>
        IPAddress.TryParse(uri.IdnHost, out var address) ? options.ScopeOf(address)
        : uri.IdnHost.Equals("localhost", StringComparison.OrdinalIgnoreCase) || uri.IdnHost.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            ? AddressScope.Loopback
            : null;

    private HttpMessageInvoker Create(AddressScope? from) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        Credentials = null,
        PreAuthenticate = false,
        ConnectTimeout = options.Times.Connect,
        MaxConnectionsPerServer = MaxConnections,
        MaxResponseHeadersLength = LongestHeaders,
        // What is left of an answer that was refused is not waited for.
        MaxResponseDrainSize = 0,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context, from, cancellationToken),
    });

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, AddressScope? from, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var uri = context.InitialRequestMessage.RequestUri!;
        bool isProxy = HttpClient.DefaultProxy.GetProxy(uri) is { } proxy && proxy.Port == port && host.Equals(proxy.IdnHost, StringComparison.OrdinalIgnoreCase);
        var addresses = IPAddress.TryParse(host, out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
        Exception? error = null;
        foreach (var address in addresses)
        {
            var scope = options.ScopeOf(address);
            if (!isProxy && from is { } origin && !IsAllowed(scope, origin))
            {
                error ??= new RefusedAddressException(scope);
                continue;
            }

            // Where one way leads nowhere, as version 6 does in some networks, there is time left for another.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(addresses.Length > 1 ? options.Times.Connect / 3 : Timeout.InfiniteTimeSpan);
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), limit.Token).ConfigureAwait(false);
                if (!isProxy)
                {
                    scopes[uri.Authority] = scope;
                }

                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception exception) when (exception is SocketException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                socket.Dispose();
                error = error as RefusedAddressException ?? (exception as SocketException ?? new SocketException((int)SocketError.TimedOut) as Exception);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw error ?? new SocketException((int)SocketError.HostNotFound);
    }
}

/// <summary>A redirect leads to an address that it must not lead to.</summary>
/// <param name="scope">Its kind.</param>
internal sealed class RefusedAddressException(AddressScope scope) : IOException
{
    public AddressScope Scope { get; } = scope;

    /// <summary>The one among the causes of an error; null when there is none.</summary>
    public static RefusedAddressException? Find(Exception? exception)
    {
        for (int depth = 0; exception is not null && depth < 8; depth++)
        {
            if (exception is RefusedAddressException refused)
            {
                return refused;
            }

            exception = exception.InnerException;
        }

        return null;
    }
}

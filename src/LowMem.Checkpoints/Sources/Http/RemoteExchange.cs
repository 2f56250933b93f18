using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>Asks for a range of a file, and goes where the server sends, with what may be sent there.</summary>
/// <param name="options">How to ask.</param>
/// <param name="transport">Sends.</param>
/// <param name="origin">The host that somebody named, and whom alone secrets are sent to.</param>
/// <param name="isHub">Whether it is the hub.</param>
internal sealed class RemoteExchange(RemoteOptions options, HttpTransport transport, Uri origin, bool isHub)
{
    private const int MostRedirects = 10;
    private const int CommitLength = 40;

    private readonly string? authorization = FindAuthorization(options, origin, isHub);

    /// <summary>How long servers are waited for.</summary>
    public RemoteTimes Times => options.Times;

    /// <summary>Why an answer may be missing a token; null when one was sent.</summary>
    public string? TokenHint => isHub && authorization is null && origin.Scheme == Uri.UriSchemeHttp
        ? "No token of the environment was sent, since the hub's address is not https."
        : null;

    /// <summary>Asks for a range, behind all redirects.</summary>
    /// <param name="name">The file, for errors.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="range">The first and last byte; null for the whole.</param>
    /// <param name="traffic">Counts.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="CheckpointException">It leads nowhere, or to where one does not go.</exception>
    /// <exception cref="HttpRequestException">There is no connection.</exception>
    public async Task<(HttpResponseMessage Response, RemoteTarget Target, RemoteFacts Facts)> SendAsync(
        string name, RemoteTarget start, RangeHeaderValue? range, FileTraffic traffic, CancellationToken cancellationToken)
    {
        var (target, facts) = (start, new RemoteFacts());
        for (int redirects = 0; ; redirects++)
        {
            traffic.AddRequest();
            var response = await SendAsync(name, target, range, cancellationToken).ConfigureAwait(false);
            facts = IsOrigin(target.Uri) && isHub ? Read(response, facts) : facts;
            if (!IsRedirect(response.StatusCode))
            {
                return (response, target, facts);
            }

            using (response)
            {
                traffic.AddRedirect();
                if (redirects == MostRedirects)
                {
                    throw RemoteErrors.RedirectRefused(name, $"it has sent on {MostRedirects} times, which may go on for ever");
                }

                target = Follow(name, target, response.Headers.Location);
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string name, RemoteTarget target, RangeHeaderValue? range, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target.Uri) { Version = System.Net.HttpVersion.Version11 };
        request.Headers.Range = range;
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        request.Headers.TryAddWithoutValidation("User-Agent", "LowMem");
        if (IsOrigin(target.Uri))
        {
            foreach (var (header, value) in options.Headers)
            {
                request.Headers.Remove(header);
                request.Headers.TryAddWithoutValidation(header, value);
            }

            if (authorization is not null && !request.Headers.Contains("Authorization"))
            {
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            }
        }

        try
        {
            return target.From is { } from
                ? await transport.SendRedirectedAsync(request, from, cancellationToken).ConfigureAwait(false)
                : await transport.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (RefusedAddressException.Find(exception) is { } refused)
        {
            throw RemoteErrors.RedirectRefused(name, $"'{target.Uri.Host}' is {Describe(refused.Scope)}, and the host that sends there is not");
        }
    }

    private RemoteTarget Follow(string name, RemoteTarget current, Uri? location)
    {
        if (location is null || !Uri.TryCreate(current.Uri, location, out var next))
        {
            throw RemoteErrors.AnswerInvalid(name, "it is a redirect that says not where to");
        }

        if (!RemoteAddress.IsWeb(next))
        {
            throw RemoteErrors.RedirectRefused(name, $"the address begins with '{DisplayText.Name(next.Scheme)}:' and not with https:");
        }

        if (current.Uri.Scheme == Uri.UriSchemeHttps && next.Scheme == Uri.UriSchemeHttp)
        {
            throw RemoteErrors.RedirectRefused(name, $"it leads from https to plain http at '{DisplayText.Name(next.Host)}'");
        }

        // Who was named may be asked again in any case.
        return new RemoteTarget(next, IsOrigin(next) ? null : current.From ?? transport.ScopeOf(current.Uri));
    }

    private bool IsOrigin(Uri uri) =>
        uri.Scheme == origin.Scheme && uri.Port == origin.Port && uri.IdnHost.Equals(origin.IdnHost, StringComparison.OrdinalIgnoreCase);

    private static string? FindAuthorization(RemoteOptions options, Uri origin, bool isHub)
    {
        bool isOpen = origin.Scheme == Uri.UriSchemeHttp && !options.AllowUnencrypted;
        if (isOpen && options.HasSecrets)
        {
            throw RemoteErrors.Unencrypted($"{origin.Scheme}://{origin.Authority}");
        }

        return options.Authorization ?? (isHub && !isOpen && options.Hub.FindToken() is { } token ? $"Bearer {token}" : null);
    }

    private static RemoteFacts Read(HttpResponseMessage response, RemoteFacts facts) => facts with
    {
        LinkedTag = Find(response, "X-Linked-Etag") ?? facts.LinkedTag,
        LinkedLength = long.TryParse(Find(response, "X-Linked-Size"), NumberStyles.None, CultureInfo.InvariantCulture, out long length) ? length : facts.LinkedLength,
        Commit = Find(response, "X-Repo-Commit") is { Length: CommitLength } commit && commit.All(char.IsAsciiHexDigitLower) ? commit : facts.Commit,
        ErrorCode = Find(response, "X-Error-Code") ?? facts.ErrorCode,
    };

    private static string? Find(HttpResponseMessage response, string header) =>
        response.Headers.TryGetValues(header, out var values) ? values.FirstOrDefault() : null;

    private static bool IsRedirect(HttpStatusCode status) => status is
        HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private static string Describe(AddressScope scope) => scope switch
    {
        AddressScope.Loopback => "this machine itself",
        AddressScope.LinkLocal => "an address of the local link, where machines are configured",
        AddressScope.Private => "an address of a private network",
        _ => "no address of a host",
    };
}

using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>
/// An address that somebody gave. Its name is what is shown and kept in objects; the query, in which object stores have their
/// signatures, is told to the server alone.
/// </summary>
internal sealed class RemoteAddress
{
    private readonly string query;
    private readonly string? endpoint;

    private RemoteAddress(string name, string query, string? endpoint)
    {
        Name = name;
        this.query = query;
        this.endpoint = endpoint;
    }

    /// <summary>The address without what may be secret.</summary>
    public string Name { get; }

    /// <summary>Whether it is one of the hub.</summary>
    public bool IsHub => endpoint is not null;

    /// <exception cref="CheckpointException">It is none that is read here.</exception>
    public static RemoteAddress Parse(string text, RemoteOptions options)
    {
        text = text.Trim();
        if (HubPath.IsOne(text))
        {
            return new RemoteAddress(HubPath.Parse(text).ToString(), string.Empty, CheckEndpoint(options.Endpoint ?? options.Hub.Endpoint));
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || !IsWeb(uri))
        {
            // What it is may be a mistyped secret, and is not repeated.
            throw RemoteErrors.Invalid("-Uri", "this is no address that is read here: it begins with https://, http:// or hf://");
        }

        if (uri.UserInfo.Length > 0)
        {
            throw RemoteErrors.Invalid(NameOf(uri), "there is a user or a password in the address, where it would be shown. Use -Headers or -Token");
        }

        return new RemoteAddress(NameOf(uri), uri.Query, endpoint: null);
    }

    /// <summary>Where a file is that has a name like this one's.</summary>
    public Uri Locate(string name) => endpoint is null ? new Uri(name + query) : HubPath.Parse(name).ToUri(endpoint);

    public static bool IsWeb(Uri uri) => uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp;

    private static string NameOf(Uri uri) => uri.GetComponents(
        UriComponents.Scheme | UriComponents.Host | UriComponents.Port | UriComponents.Path | UriComponents.KeepDelimiter, UriFormat.UriEscaped);

    private static string CheckEndpoint(string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && IsWeb(uri) && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0
            ? NameOf(uri).TrimEnd('/')
            : throw RemoteErrors.Invalid("The endpoint of the hub", "it is no https or http address, or has a user or a query in it (-Endpoint, or HF_ENDPOINT)");
}

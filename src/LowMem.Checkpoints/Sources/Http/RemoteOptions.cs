using System.Security;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>How servers are asked. What is secret goes in and never comes out: no member shows it.</summary>
public sealed class RemoteOptions
{
    private readonly List<KeyValuePair<string, string>> headers = [];

    /// <summary>Takes a file from a server that gives no part of it by fetching the whole into a temporary file.</summary>
    public bool AllowFullDownload { get; init; }

    /// <summary>Sends the token and the headers over plain http as well.</summary>
    public bool AllowUnencrypted { get; init; }

    /// <summary>Reads all that a verdict rests on, also where that takes a request for each record of an archive.</summary>
    public bool ReadsAll { get; init; }

    /// <summary>Keeps files that are fetched whole for the next time; else they are gone when nobody uses them.</summary>
    public bool UsesCache { get; init; } = true;

    /// <summary>Ends all that is asked, where no other token is given.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The address of the hub behind <c>hf://</c>; null for that of the environment, or the public one.</summary>
    public string? Endpoint { get; init; }

    /// <summary>What was asked of servers.</summary>
    public RemoteTraffic Traffic { get; } = new();

    /// <summary>Where they are kept.</summary>
    internal RemoteCache Cache { get; init; } = RemoteCache.OfUser(Environment.GetEnvironmentVariable);

    /// <summary>How long to wait, for whom, and who tells the time.</summary>
    internal RemoteTimes Times { get; init; } = new();

    /// <summary>What kind of address one is; tests have public ones on this machine.</summary>
    internal Func<System.Net.IPAddress, AddressScope> ScopeOf { get; init; } = AddressScopes.Of;

    /// <summary>The environment of Hugging Face's tools.</summary>
    internal HubEnvironment Hub { get; init; } = HubEnvironment.OfProcess;

    /// <summary>The header with the token that was given; null when none was.</summary>
    internal string? Authorization { get; private set; }

    internal IReadOnlyList<KeyValuePair<string, string>> Headers => headers;

    /// <summary>Whether anything is sent that not everybody may see.</summary>
    internal bool HasSecrets => Authorization is not null || headers.Count > 0;

    /// <summary>Sends a token as <c>Authorization: Bearer</c>, to the host that was named and to no other.</summary>
    /// <param name="token">The token.</param>
    /// <exception cref="Diagnostics.CheckpointException">It has what no header can hold.</exception>
    public void SetToken(SecureString token)
    {
        ArgumentNullException.ThrowIfNull(token);
        SetToken(new System.Net.NetworkCredential(string.Empty, token).Password);
    }

    /// <summary>Sends a header with each request to the host that was named, and to no other.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="Diagnostics.CheckpointException">It is none, or one that is made here.</exception>
    public void AddHeader(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        HeaderRules.Check(name, value);
        headers.Add(new KeyValuePair<string, string>(name, value));
    }

    internal void SetToken(string token)
    {
        HeaderRules.CheckToken(token, "The token");
        Authorization = $"Bearer {token}";
    }
}

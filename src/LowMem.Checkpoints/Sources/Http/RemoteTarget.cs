namespace LowMem.Checkpoints.Sources.Http;

/// <summary>Where a file is in the end, behind all redirects.</summary>
/// <param name="Uri">The address; it may hold a signature, and is never shown.</param>
/// <param name="From">Of what kind the host is that sent there; null when it is the one that was named.</param>
internal sealed record RemoteTarget(Uri Uri, AddressScope? From)
{
    public override string ToString() => Uri.Host;
}

/// <summary>What the answers to one request said of the file.</summary>
internal sealed record RemoteFacts
{
    /// <summary>The hub's own digest of the file, whoever gives its bytes.</summary>
    public string? LinkedTag { get; init; }

    /// <summary>The hub's own length of it.</summary>
    public long? LinkedLength { get; init; }

    /// <summary>The commit that a branch or tag stood for.</summary>
    public string? Commit { get; init; }

    /// <summary>The hub's name of what is wrong.</summary>
    public string? ErrorCode { get; init; }
}

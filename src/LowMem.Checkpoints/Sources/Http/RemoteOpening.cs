namespace LowMem.Checkpoints.Sources.Http;

/// <summary>What is known of a file once it is open.</summary>
/// <param name="Name">Its name; with the commit in it where the hub has said which.</param>
/// <param name="Target">Where it was found.</param>
/// <param name="Version">What its answers are like; its tag is the hub's digest, where the hub has one.</param>
/// <param name="Start">Its first bytes.</param>
internal sealed record RemoteOpening(string Name, RemoteTarget Target, RemoteVersion Version, byte[] Start)
{
    /// <summary>The hub's digest; null when it has none, or it is no hub.</summary>
    public string? LinkedTag { get; init; }

    /// <summary>The commit of the hub.</summary>
    public string? Commit { get; init; }

    /// <summary>The whole of it, where the server gives no less.</summary>
    public DownloadedFile? Local { get; init; }

    /// <summary>What identifies the version to whoever has the file's name: the hub's digest before the ETag.</summary>
    public string? Tag => LinkedTag ?? Version.Tag;
}

using System.Globalization;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>Which version of a file answers are of: their length, and their ETag or the time of the last change.</summary>
/// <param name="Length">The bytes of the whole file.</param>
/// <param name="Tag">The ETag; null when the server has none.</param>
/// <param name="LastModified">When the file was last changed; null when the server does not say.</param>
internal sealed record RemoteVersion(long Length, string? Tag, DateTimeOffset? LastModified)
{
    public static RemoteVersion Of(HttpResponseMessage response, long length) =>
        new(length, FindTag(response), response.Content.Headers.LastModified);

    /// <summary>As it was sent: some servers leave out the quotes, and a tag is a tag.</summary>
    private static string? FindTag(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues("ETag", out var values) && values.ToString() is { Length: > 0 } tag ? tag : null;

    /// <summary>What differs in another answer; null when nothing does.</summary>
    public string? DescribeChange(RemoteVersion now) =>
        now.Length != Length ? string.Create(CultureInfo.InvariantCulture, $"the file was changed, and has {now.Length} bytes instead of {Length}")
        : Tag is not null && now.Tag != Tag ? "the server has another version of the file (its ETag is another one)"
        : Tag is null && LastModified is not null && now.LastModified != LastModified ? "the file was written to (its Last-Modified is another one)"
        : null;

    /// <exception cref="CheckpointException">The answer is of another version.</exception>
    public void Check(string name, RemoteVersion now)
    {
        if (DescribeChange(now) is { } change)
        {
            throw RemoteErrors.Changed(name, change);
        }
    }
}

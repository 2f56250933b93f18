using System.Globalization;
using System.Net;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>The errors of remote files. They name a file without the query of its address, in which signatures stand.</summary>
internal static class RemoteErrors
{
    public static CheckpointException Invalid(string what, string why) => new(CheckpointErrorIds.UriInvalid, what, $"{why}.");

    public static CheckpointException AnswerInvalid(string name, string what) => new(
        CheckpointErrorIds.RemoteAnswerInvalid, name, $"the server's answer cannot be used: {what}. Nothing of it was taken.");

    public static CheckpointException NoRanges(string name, string what) => new(
        CheckpointErrorIds.RemoteRangesUnsupported,
        name,
        $"{what}. A part of the file cannot be had from there: download the file, or let the whole be fetched with -AllowFullDownload.");

    public static CheckpointException Unavailable(string name, string what, Exception? cause = null) => new(
        CheckpointErrorIds.RemoteUnavailable, name, $"{what}.", cause);

    public static CheckpointException RedirectRefused(string name, string what) => new(
        CheckpointErrorIds.RemoteRedirectRefused, name, $"the server sends to another place, and that is not followed: {what}.");

    public static CheckpointException Changed(string name, string what) => new(
        CheckpointErrorIds.Changed, name, $"{what} since it was listed. Wait until it is complete, and list it again.");

    public static CheckpointException Unencrypted(string name) => new(
        CheckpointErrorIds.RemoteUnencrypted,
        name,
        "a token or headers would go over plain http, where everybody on the way can read them. Use https, or -AllowUnencrypted.");

    /// <summary>What a status says that is no file.</summary>
    /// <param name="name">The file.</param>
    /// <param name="status">The status.</param>
    /// <param name="hubCode">What the hub says more exactly; null when it is no hub, or says nothing.</param>
    /// <param name="hint">What to add where access is refused; null when there is nothing.</param>
    public static CheckpointException OfStatus(string name, HttpStatusCode status, string? hubCode, string? hint)
    {
        string number = ((int)status).ToString(CultureInfo.InvariantCulture);
        string? hub = hubCode switch
        {
            "RepoNotFound" => "the hub knows no such repository, or it is private and wants a token (-Token, or HF_TOKEN)",
            "GatedRepo" => "access to this repository has to be asked for on its page, and a token given (-Token, or HF_TOKEN)",
            "RevisionNotFound" => "the repository has no such revision",
            "EntryNotFound" => "the repository has no such file in this revision",
            "DisabledRepo" => "the hub has disabled this repository",
            _ => null,
        };
        string more = hint is null ? string.Empty : $" {hint}";
        return status switch
        {
            HttpStatusCode.NotFound or HttpStatusCode.Gone => new CheckpointException(
                CheckpointErrorIds.NotFound, name, $"{hub ?? "there is no such file on the server"} (HTTP status {number})."),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.ProxyAuthenticationRequired => new CheckpointException(
                CheckpointErrorIds.AccessDenied,
                name,
                $"{hub ?? "the server refuses access: a token or headers may be missing, or a signed address may be too old"} (HTTP status {number}).{more}"),
            _ => Unavailable(name, $"the server answers with HTTP status {number}"),
        };
    }
}

using System.Globalization;
using System.Net;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>Checks that an answer is what was asked for, before a byte of it is taken.</summary>
internal static class RangeAnswer
{
    /// <summary>What kind of answer it is.</summary>
    /// <param name="name">The file.</param>
    /// <param name="response">The answer.</param>
    /// <param name="facts">What else was said.</param>
    /// <param name="times">How long may be waited.</param>
    /// <param name="hint">What to add where access is refused.</param>
    /// <exception cref="TransientException">Another attempt may go well.</exception>
    /// <exception cref="CheckpointException">It is an error that stays.</exception>
    public static void CheckStatus(string name, HttpResponseMessage response, RemoteFacts facts, RemoteTimes times, string? hint)
    {
        var status = response.StatusCode;
        if (status is HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return;
        }

        var error = RemoteErrors.OfStatus(name, status, facts.ErrorCode, hint);
        if (status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError
            or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
        {
            var wait = FindWait(response, times.Clock.GetUtcNow());
            throw wait > times.LongestDelay
                ? RemoteErrors.Unavailable(name, string.Create(
                    CultureInfo.InvariantCulture,
                    $"the server answers with HTTP status {(int)status} and wants to be left alone for {wait.Value.TotalSeconds:0} seconds. Try again then"))
                : new TransientException(error, wait);
        }

        throw error;
    }

    /// <summary>The length of the whole file, of an answer that has the range that was asked for.</summary>
    /// <param name="name">The file.</param>
    /// <param name="response">An answer of status 206.</param>
    /// <param name="offset">Where the range begins.</param>
    /// <param name="length">How many bytes were asked for.</param>
    /// <param name="whole">The length of the file; null when this answer is the first to say.</param>
    /// <param name="count">How many bytes come: fewer where the file ends.</param>
    /// <exception cref="CheckpointException">It has another range, or none.</exception>
    public static long CheckRange(string name, HttpResponseMessage response, long offset, int length, long? whole, out int count)
    {
        CheckEncoding(name, response);
        var range = response.Content.Headers.ContentRange;
        if (range is not { Unit: "bytes", From: { } from, To: { } to })
        {
            throw RemoteErrors.AnswerInvalid(name, "it is a part of the file, and does not say which (Content-Range)");
        }

        if (range.Length is not { } total)
        {
            throw RemoteErrors.AnswerInvalid(name, "it does not say how long the file is (Content-Range)");
        }

        long last = Math.Min(offset + length, whole ?? total) - 1;
        if (from != offset || to != last || total <= last)
        {
            throw whole is { } known && known != total
                ? RemoteErrors.Changed(name, string.Create(CultureInfo.InvariantCulture, $"the file was changed, and has {total} bytes instead of {known}"))
                : RemoteErrors.AnswerInvalid(name, string.Create(
                    CultureInfo.InvariantCulture, $"it has the bytes {from} to {to} of {total}, where {offset} to {last} were asked for (Content-Range)"));
        }

        count = (int)(last - offset + 1);
        if (response.Content.Headers.ContentLength is { } said && said != count)
        {
            throw RemoteErrors.AnswerInvalid(name, string.Create(
                CultureInfo.InvariantCulture, $"it has {said} bytes, where {count} were asked for (Content-Length)"));
        }

        return total;
    }

    /// <exception cref="CheckpointException">The bytes are packed, so that they are not those of the file.</exception>
    public static void CheckEncoding(string name, HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentEncoding.FirstOrDefault(each => !each.Equals("identity", StringComparison.OrdinalIgnoreCase)) is { } encoding)
        {
            throw RemoteErrors.AnswerInvalid(name, $"its bytes are packed ('{DisplayText.Name(encoding)}'), although they were asked for as they are (Content-Encoding)");
        }
    }

    private static TimeSpan? FindWait(HttpResponseMessage response, DateTimeOffset now)
    {
        var after = response.Headers.RetryAfter;
        var wait = after?.Delta ?? (after?.Date - now);
        return wait is null || wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }
}

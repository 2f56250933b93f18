using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>Asks for the first bytes of a file, and takes the whole where that is small or allowed.</summary>
/// <param name="exchange">Asks.</param>
/// <param name="address">What somebody named.</param>
/// <param name="allowsDownload">Whether a large file may be taken as a whole.</param>
internal sealed class RemoteOpener(RemoteExchange exchange, RemoteAddress address, bool allowsDownload)
{
    /// <summary>Enough to tell every format by, and less than any header of a model.</summary>
    public const int StartLength = 512;

    /// <summary>No file is that long: a number so large is a lie, and would not add up.</summary>
    private const long LongestFile = 1L << 56;

    /// <summary>What is no longer than this is taken as it comes: many servers give no parts of small texts.</summary>
    private const int SmallLength = 1 << 20;

    public async Task<RemoteOpening> OpenAsync(string name, RemoteTarget start, FileTraffic traffic, BodyReader body)
    {
        var (response, target, facts) = await exchange.SendAsync(name, start, new RangeHeaderValue(0, StartLength - 1), traffic, body.Token).ConfigureAwait(false);
        using (response)
        {
            RangeAnswer.CheckStatus(name, response, facts, exchange.Times, exchange.TokenHint);
            if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                return response.Content.Headers.ContentRange?.Length == 0
                    ? Describe(name, target, facts, RemoteVersion.Of(response, 0), [])
                    : throw RemoteErrors.AnswerInvalid(name, "it says that the file has no first bytes (HTTP status 416)");
            }

            if (response.StatusCode == HttpStatusCode.OK)
            {
                return await TakeWholeAsync(name, target, facts, response, traffic, body).ConfigureAwait(false);
            }

            long length = RangeAnswer.CheckRange(name, response, 0, StartLength, whole: null, out int count);
            if (facts.LinkedLength is { } linked && linked != length)
            {
                throw RemoteErrors.AnswerInvalid(name, string.Create(
                    CultureInfo.InvariantCulture, $"the file has {length} bytes, where the hub says {linked} (X-Linked-Size)"));
            }

            if (length > LongestFile)
            {
                throw RemoteErrors.AnswerInvalid(name, string.Create(CultureInfo.InvariantCulture, $"it says that the file has {length} bytes, which none has (Content-Range)"));
            }

            byte[] bytes = new byte[count];
            await body.ReadAsync(name, response, bytes, read => traffic.AddBytes(read)).ConfigureAwait(false);
            return Describe(name, target, facts, RemoteVersion.Of(response, length), bytes);
        }
    }

    private async Task<RemoteOpening> TakeWholeAsync(
        string name, RemoteTarget target, RemoteFacts facts, HttpResponseMessage response, FileTraffic traffic, BodyReader body)
    {
        RangeAnswer.CheckEncoding(name, response);
        string page = response.Content.Headers.ContentType?.MediaType is "text/html" ? "the server answers with a web page, or " : string.Empty;
        if (response.Content.Headers.ContentLength is not { } length)
        {
            // In chunks: its end is told apart from a connection that broke.
            if (response.Headers.TransferEncodingChunked == true && await body.ReadAllAsync(response, SmallLength).ConfigureAwait(false) is { } whole)
            {
                traffic.AddBytes(whole.Length);
                return Describe(name, target, facts, RemoteVersion.Of(response, whole.Length), whole);
            }

            throw RemoteErrors.NoRanges(name, $"{page}the server gives the file as a whole, and does not say how long it is");
        }

        var version = RemoteVersion.Of(response, length);
        if (length <= SmallLength)
        {
            byte[] bytes = new byte[length];
            await body.ReadAsync(name, response, bytes, read => traffic.AddBytes(read)).ConfigureAwait(false);
            return Describe(name, target, facts, version, bytes);
        }

        if (!allowsDownload)
        {
            throw RemoteErrors.NoRanges(name, string.Create(CultureInfo.InvariantCulture, $"{page}the server gives the file as a whole alone ({length} bytes)"));
        }

        var local = await DownloadedFile.TakeAsync(name, response, length, body, traffic).ConfigureAwait(false);
        return Describe(name, target, facts, version, []) with { Local = local };
    }

    private RemoteOpening Describe(string name, RemoteTarget target, RemoteFacts facts, RemoteVersion version, byte[] start)
    {
        // A signed address may be used up by one request: as long as it is not, it saves the way there.
        string full = address.IsHub && facts.Commit is { } commit ? (HubPath.Parse(name) with { Revision = commit }).ToString() : name;
        return new RemoteOpening(full, target, version, start)
        {
            LinkedTag = facts.LinkedTag,
            Commit = facts.Commit,
        };
    }
}

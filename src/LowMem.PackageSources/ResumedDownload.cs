using System.Net;
using System.Net.Http.Headers;
using NuGet.Common;
using NuGet.Protocol;
using NuGet.Protocol.Core.Types;

namespace LowMem.PackageSources;

/// <summary>Downloads a file behind what is there of it, by NuGet's HTTP client: with the user's credentials and proxy.</summary>
/// <param name="http">The client.</param>
/// <param name="address">The file.</param>
/// <param name="length">The bytes that it has. No more are taken.</param>
/// <param name="destination">What there is of it, and where the rest goes.</param>
/// <param name="arrived">Told how many bytes there are.</param>
internal sealed class ResumedDownload(HttpSource http, Uri address, long length, FileStream destination, Action<long> arrived)
{
    private const int BlockSize = 256 << 10;
    private const int MostTries = 50;
    private const int MostWithoutProgress = 3;
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(60);

    /// <summary>Runs it.</summary>
    /// <returns>False when the server does not have the file.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        int idle = 0;
        for (int tries = 1; ; tries++)
        {
            long before = destination.Length;
            try
            {
                if (!await AskAsync(cancellationToken).ConfigureAwait(false))
                {
                    return false;
                }

                if (destination.Length >= length)
                {
                    return true;
                }

                throw new IOException($"The server ended after {destination.Length} of {length} bytes");
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested && IsPassing(exception))
            {
                idle = destination.Length > before ? 0 : idle + 1;
                if (tries == MostTries || idle == MostWithoutProgress)
                {
                    throw;
                }

                await Task.Delay(TimeSpan.FromSeconds(idle), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static bool IsPassing(Exception exception) =>
        exception is IOException or FatalProtocolException or TimeoutException or OperationCanceledException
        || (exception is HttpRequestException request && request.StatusCode is null or >= HttpStatusCode.InternalServerError);

    private async Task<bool> AskAsync(CancellationToken cancellationToken)
    {
        if (destination.Length == length)
        {
            return true;
        }

        var request = new HttpSourceRequest(() =>
        {
            var message = HttpRequestMessageFactory.Create(HttpMethod.Get, address, new HttpRequestMessageConfiguration(NullLogger.Instance));
            if (destination.Length > 0)
            {
                message.Headers.Range = new RangeHeaderValue(destination.Length, null);
            }

            return message;
        })
        {
            MaxTries = 1,
        };
        using var cache = new SourceCacheContext { NoCache = true };
        return await http.ProcessResponseAsync(
            request, response => TakeAsync(response, cancellationToken), cache, NullLogger.Instance, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> TakeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }

        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            destination.SetLength(0);
            throw new IOException("The server has fewer bytes than were there already");
        }

        response.EnsureSuccessStatusCode();
        if (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange?.From != destination.Length)
        {
            destination.SetLength(0);
        }

        destination.Position = destination.Length;
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = body.ConfigureAwait(false);
        byte[] block = new byte[BlockSize];
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        while (destination.Length <= length)
        {
            stall.CancelAfter(Stall);
            int count = await body.ReadAsync(block, stall.Token).ConfigureAwait(false);
            if (count == 0)
            {
                break;
            }

            await destination.WriteAsync(block.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            // What has arrived is there after a kill, too.
            await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
            arrived(destination.Length);
        }

        return true;
    }
}

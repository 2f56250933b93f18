using System.Globalization;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>
/// Reads what comes behind the headers of an answer: as many bytes as it has to have, in the time that is given. A server that
/// sends nothing for a while, or a byte now and then, is left.
/// </summary>
internal sealed class BodyReader : IDisposable
{
    private readonly CancellationTokenSource silence;
    private readonly CancellationTokenSource limit;
    private readonly CancellationTokenSource either;
    private readonly RemoteTimes times;

    /// <param name="times">How long may be waited.</param>
    /// <param name="bytes">How many bytes are to come.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public BodyReader(RemoteTimes times, long bytes, CancellationToken cancellationToken)
    {
        this.times = times;
        silence = new CancellationTokenSource(times.Silence, times.Clock);
        limit = new CancellationTokenSource(times.LimitOf(bytes), times.Clock);
        either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, limit.Token, cancellationToken);
    }

    /// <summary>Cancelled when too much time is over, or it is ended early.</summary>
    public CancellationToken Token => either.Token;

    /// <summary>Says that something came.</summary>
    public void Restart() => silence.CancelAfter(times.Silence);

    /// <summary>Says that more bytes are to come than were asked for.</summary>
    public void Expect(long bytes) => limit.CancelAfter(times.LimitOf(bytes));

    /// <summary>Fills memory, and makes sure that nothing follows.</summary>
    /// <param name="name">The file.</param>
    /// <param name="response">The answer.</param>
    /// <param name="destination">What is filled.</param>
    /// <param name="arrived">Told the bytes of each piece.</param>
    /// <exception cref="EndOfStreamException">The answer ends before that.</exception>
    /// <exception cref="Diagnostics.CheckpointException">It goes on behind.</exception>
    public async Task ReadAsync(string name, HttpResponseMessage response, Memory<byte> destination, Action<int> arrived)
    {
        using var body = await response.Content.ReadAsStreamAsync(Token).ConfigureAwait(false);
        int wanted = destination.Length;
        while (!destination.IsEmpty)
        {
            int read = await body.ReadAsync(destination, Token).ConfigureAwait(false);
            if (read == 0)
            {
                throw new EndOfStreamException();
            }

            Restart();
            arrived(read);
            destination = destination[read..];
        }

        // Where a length was said, the connection has held it to that.
        if (response.Content.Headers.ContentLength is null && await body.ReadAsync(new byte[1], Token).ConfigureAwait(false) > 0)
        {
            throw RemoteErrors.AnswerInvalid(name, string.Create(CultureInfo.InvariantCulture, $"it goes on behind the {wanted} bytes that are left to come"));
        }
    }

    /// <summary>All that comes, of an answer that does not say how much that is; null when it is more than a limit.</summary>
    public async Task<byte[]?> ReadAllAsync(HttpResponseMessage response, int most)
    {
        using var body = await response.Content.ReadAsStreamAsync(Token).ConfigureAwait(false);
        byte[] bytes = new byte[most + 1];
        int length = 0;
        while (length < bytes.Length)
        {
            int read = await body.ReadAsync(bytes.AsMemory(length), Token).ConfigureAwait(false);
            if (read == 0)
            {
                return bytes[..length];
            }

            Restart();
            length += read;
        }

        return null;
    }

    public void Dispose()
    {
        either.Dispose();
        silence.Dispose();
        limit.Dispose();
    }
}

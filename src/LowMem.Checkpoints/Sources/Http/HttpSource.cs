namespace LowMem.Checkpoints.Sources.Http;

/// <summary>A file on a server, read by ranges.</summary>
internal sealed class HttpSource : RandomAccessSource, IFarSource
{
    private readonly RemoteFile file;
    private readonly RemoteLocation location;
    private ReadAheadQueue? ahead;

    public HttpSource(RemoteFile file, RemoteLocation location, CancellationToken cancellationToken)
        : base(file.Name, file.Length, cancellationToken)
    {
        this.file = file;
        this.location = location;
        Version = new CheckpointFile(file.Name, file.Length, file.Opening.Version.LastModified?.UtcDateTime ?? DateTime.UnixEpoch)
        {
            Tag = file.Opening.Tag,
            Location = location,
        };
    }

    public override CheckpointFile Version { get; }

    public bool IsSparse => location.IsSparse;

    internal override IFarSource Far => this;

    /// <summary>Each answer has said which version it is of; there is nothing to be seen by asking once more.</summary>
    public override CheckpointFile LookAgain() => Version;

    public void Fetch(long offset, long length, CancellationToken cancellationToken) =>
        file.Blocks.Fetch(offset, length, cancellationToken.CanBeCanceled ? cancellationToken : Cancellation);

    public void ReadAhead(IEnumerable<ByteRange> ranges, CancellationToken cancellationToken)
    {
        // What has to be looked at before a range is handed out lies in front of it: both are one request.
        var queue = new ReadAheadQueue(
            file, ranges.Concat(ranges.SelectMany(range => file.Checks.Find(range)).Select(check => check.Place)), cancellationToken);
        Interlocked.Exchange(ref ahead, queue.IsEmpty ? null : queue)?.Dispose();
    }

    public void CheckLater(ByteRange range, ByteRange place, Action<ReadOnlyMemory<byte>> check) => file.Checks.Add(range, place, check);

    protected internal override void Fill(long offset, Span<byte> destination, string what, CancellationToken cancellationToken)
    {
        foreach (var check in file.Checks.Find(new ByteRange(offset, destination.Length)))
        {
            byte[] bytes = new byte[check.Place.Length];
            Take(check.Place.Offset, bytes, exact: true, cancellationToken);
            check.Run(bytes);
            file.Checks.Remove(check);
        }

        Take(offset, destination, exact: false, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        Interlocked.Exchange(ref ahead, null)?.Dispose();
        base.Dispose(disposing);
    }

    /// <param name="offset">Where to read.</param>
    /// <param name="destination">What is filled.</param>
    /// <param name="exact">Whether nothing behind it will be wanted.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    private void Take(long offset, Span<byte> destination, bool exact, CancellationToken cancellationToken)
    {
        while (!destination.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int done = file.Blocks.Copy(offset, destination, out int missing);
            done = done > 0 ? done : ahead?.Take(offset, destination[..missing], cancellationToken) ?? 0;
            if (done == 0)
            {
                long room = Math.Min(file.Blocks.FindRoom(offset), ahead?.FindRoom(offset) ?? long.MaxValue);
                done = (int)Math.Min(missing, room);
                if (done >= BlockStore.SmallRead || exact)
                {
                    Fetch(offset, destination[..done], cancellationToken);
                }
                else
                {
                    file.Blocks.Load(offset, destination[..done], room, cancellationToken);
                }
            }

            offset += done;
            destination = destination[done..];
        }
    }

    /// <summary>Into memory of its own: a span does not outlive the wait.</summary>
    private unsafe void Fetch(long offset, Span<byte> destination, CancellationToken cancellationToken)
    {
        fixed (byte* bytes = destination)
        {
            using var memory = new PinnedMemory(bytes, destination.Length);
            file.FetchAsync(offset, memory.Memory, cancellationToken).GetAwaiter().GetResult();
        }
    }
}

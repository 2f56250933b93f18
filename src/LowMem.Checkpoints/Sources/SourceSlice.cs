namespace LowMem.Checkpoints.Sources;

/// <summary>A part of a source. What lies in front of it and behind it is none of its business.</summary>
internal sealed class SourceSlice(RandomAccessSource whole, long start, long length, CancellationToken cancellationToken = default)
    : RandomAccessSource(whole.Name, length, cancellationToken)
{
    public override CheckpointFile Version => whole.Version;

    public override long StoredLength => whole.UnfoldedContent is null ? Length : Math.Min(Length, whole.StoredLength);

    public override long Origin => start + whole.Origin;

    public override ReadOnlyMemory<byte>? UnfoldedContent => whole.UnfoldedContent;

    public override CheckpointFile LookAgain() => whole.LookAgain();

    protected internal override void Fill(long offset, Span<byte> destination, string what, CancellationToken cancellationToken) =>
        whole.Read(start + offset, destination, what, cancellationToken);
}

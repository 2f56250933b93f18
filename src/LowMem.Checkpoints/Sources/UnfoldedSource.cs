namespace LowMem.Checkpoints.Sources;

/// <summary>What a part of a source unfolds to, held in memory under the name of the source.</summary>
internal sealed class UnfoldedSource(RandomAccessSource packed, ReadOnlyMemory<byte> content, long storedLength)
    : RandomAccessSource(packed.Name, content.Length)
{
    public override CheckpointFile Version => packed.Version;

    public override long StoredLength => storedLength;

    public override ReadOnlyMemory<byte>? UnfoldedContent => content;

    public override CheckpointFile LookAgain() => packed.LookAgain();

    protected internal override void Fill(long offset, Span<byte> destination, string what, CancellationToken cancellationToken) =>
        content.Span.Slice((int)offset, destination.Length).CopyTo(destination);
}

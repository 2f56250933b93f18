namespace LowMem.Checkpoints.Sources;

/// <summary>A location that is one of several places, over which the files of a checkpoint are spread.</summary>
internal sealed class PartialLocation(CheckpointLocation location) : WrappedLocation(location)
{
    internal override bool HoldsPart => true;

    protected override RandomAccessSource Wrap(RandomAccessSource source) => new PartialSource(source, this);

    private sealed class PartialSource(RandomAccessSource source, CheckpointLocation location) : WrappedSource(source, location)
    {
        protected internal override void Fill(long offset, Span<byte> destination, string what, CancellationToken cancellationToken) =>
            Source.Read(offset, destination, what, cancellationToken);
    }
}

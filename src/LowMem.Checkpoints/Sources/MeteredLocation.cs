namespace LowMem.Checkpoints.Sources;

/// <summary>A location of which every read is counted, also of what is opened again later.</summary>
internal sealed class MeteredLocation(CheckpointLocation location, ReadMeter meter) : WrappedLocation(location)
{
    protected override RandomAccessSource Wrap(RandomAccessSource source) => new MeteredSource(source, this, meter);

    private sealed class MeteredSource(RandomAccessSource source, CheckpointLocation location, ReadMeter meter) : WrappedSource(source, location)
    {
        protected internal override void Fill(long offset, Span<byte> destination, string what, CancellationToken cancellationToken)
        {
            Source.Read(offset, destination, what, cancellationToken);
            meter.Add(destination.Length);
        }
    }
}

namespace LowMem.Checkpoints.Sources;

/// <summary>A location that remembers what is read, also for whoever opens the same version of a file again.</summary>
internal sealed class RememberingLocation(CheckpointLocation location, ReadMemory memory) : WrappedLocation(location)
{
    protected override RandomAccessSource Wrap(RandomAccessSource source) => new RememberingSource(source, this, memory);

    private sealed class RememberingSource(RandomAccessSource source, CheckpointLocation location, ReadMemory memory)
        : WrappedSource(source, location)
    {
        private readonly ReadMemory.FileReads reads = memory.Of(source.Version);

        protected internal override void Fill(long offset, Span<byte> destination, string what, CancellationToken cancellationToken)
        {
            while (!destination.IsEmpty)
            {
                int done = reads.Copy(offset, destination, out int missing);
                if (done == 0)
                {
                    done = missing;
                    Source.Read(offset, destination[..done], what, cancellationToken);
                    reads.Add(offset, destination[..done]);
                }

                offset += done;
                destination = destination[done..];
            }
        }
    }
}

namespace LowMem.Checkpoints.Sources;

/// <summary>A location that remembers what is read, also for whoever opens the same version of a file again.</summary>
internal sealed class RememberingLocation(CheckpointLocation location, ReadMemory memory) : CheckpointLocation
{
    public override RandomAccessSource OpenInside(string directory, string name, CancellationToken cancellationToken = default) =>
        new RememberingSource(location.OpenInside(directory, name, cancellationToken), this, memory);

    public override bool FileExists(string name) => location.FileExists(name);

    public override bool DirectoryExists(string name) => location.DirectoryExists(name);

    public override IEnumerable<LocationEntry> List(string directory) => location.List(directory);

    public override string GetFullName(string name) => location.GetFullName(name);

    public override string? GetDirectory(string name) => location.GetDirectory(name);

    public override string Combine(string directory, string name) => location.Combine(directory, name);

    protected internal override RandomAccessSource OpenUnbuffered(string name, CancellationToken cancellationToken = default) =>
        new RememberingSource(location.OpenUnbuffered(name, cancellationToken), this, memory);

    private sealed class RememberingSource(RandomAccessSource source, CheckpointLocation location, ReadMemory memory)
        : RandomAccessSource(source.Name, source.Length)
    {
        private readonly ReadMemory.FileReads reads = memory.Of(source.Version);

        public override CheckpointFile Version => source.Version with { Location = location };

        public override CheckpointFile LookAgain() => source.LookAgain();

        protected internal override void Fill(long offset, Span<byte> destination, string what, CancellationToken cancellationToken)
        {
            while (!destination.IsEmpty)
            {
                int done = reads.Copy(offset, destination, out int missing);
                if (done == 0)
                {
                    done = missing;
                    source.Read(offset, destination[..done], what, cancellationToken);
                    reads.Add(offset, destination[..done]);
                }

                offset += done;
                destination = destination[done..];
            }
        }

        protected override void Dispose(bool disposing)
        {
            source.Dispose();
            base.Dispose(disposing);
        }
    }
}

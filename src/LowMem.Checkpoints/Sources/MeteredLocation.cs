namespace LowMem.Checkpoints.Sources;

/// <summary>A location of which every read is counted, also of what is opened again later.</summary>
internal sealed class MeteredLocation(CheckpointLocation location, ReadMeter meter) : CheckpointLocation
{
    public override RandomAccessSource OpenInside(string directory, string name, CancellationToken cancellationToken = default) =>
        new MeteredSource(location.OpenInside(directory, name, cancellationToken), this, meter);

    public override bool FileExists(string name) => location.FileExists(name);

    public override bool DirectoryExists(string name) => location.DirectoryExists(name);

    public override IEnumerable<LocationEntry> List(string directory) => location.List(directory);

    public override string GetFullName(string name) => location.GetFullName(name);

    public override string? GetDirectory(string name) => location.GetDirectory(name);

    public override string Combine(string directory, string name) => location.Combine(directory, name);

    protected internal override RandomAccessSource OpenUnbuffered(string name, CancellationToken cancellationToken = default) =>
        new MeteredSource(location.OpenUnbuffered(name, cancellationToken), this, meter);

    private sealed class MeteredSource(RandomAccessSource source, CheckpointLocation location, ReadMeter meter)
        : RandomAccessSource(source.Name, source.Length)
    {
        public override CheckpointFile Version => source.Version with { Location = location };

        public override CheckpointFile LookAgain() => source.LookAgain();

        protected internal override void Fill(long offset, Span<byte> destination, string what, CancellationToken cancellationToken)
        {
            source.Read(offset, destination, what, cancellationToken);
            meter.Add(destination.Length);
        }

        protected override void Dispose(bool disposing)
        {
            source.Dispose();
            base.Dispose(disposing);
        }
    }
}

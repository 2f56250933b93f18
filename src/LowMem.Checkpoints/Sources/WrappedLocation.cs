namespace LowMem.Checkpoints.Sources;

/// <summary>Another location, of which every file that is opened, also again later, is read in some other way.</summary>
/// <param name="location">The other one.</param>
internal abstract class WrappedLocation(CheckpointLocation location) : CheckpointLocation
{
    internal override bool HoldsPart => location.HoldsPart;

    public override RandomAccessSource OpenInside(string directory, string name, CancellationToken cancellationToken = default) =>
        Wrap(location.OpenInside(directory, name, cancellationToken));

    internal override bool IsBuffered => location.IsBuffered;

    internal override bool IsListed => location.IsListed;

    public override bool FileExists(string name) => location.FileExists(name);

    public override bool DirectoryExists(string name) => location.DirectoryExists(name);

    public override IEnumerable<LocationEntry> List(string directory) => location.List(directory);

    public override string GetFullName(string name) => location.GetFullName(name);

    public override string? GetDirectory(string name) => location.GetDirectory(name);

    internal override string GetRelative(string directory, string name) => location.GetRelative(directory, name);

    public override string Combine(string directory, string name) => location.Combine(directory, name);

    protected internal override RandomAccessSource OpenUnbuffered(string name, CancellationToken cancellationToken = default) =>
        Wrap(location.OpenUnbuffered(name, cancellationToken));

    /// <summary>The same file, read in the other way.</summary>
    protected abstract RandomAccessSource Wrap(RandomAccessSource source);

    /// <summary>A file of such a location.</summary>
    /// <param name="source">The file as the other location opened it.</param>
    /// <param name="location">Where it is opened again.</param>
    protected abstract class WrappedSource(RandomAccessSource source, CheckpointLocation location)
        : RandomAccessSource(source.Name, source.Length)
    {
        public override CheckpointFile Version => Source.Version with { Location = location };

        internal override IFarSource? Far => Source.Far;

        /// <summary>The file as the other location opened it.</summary>
        protected RandomAccessSource Source { get; } = source;

        public override CheckpointFile LookAgain() => Source.LookAgain();

        protected override void Dispose(bool disposing)
        {
            Source.Dispose();
            base.Dispose(disposing);
        }
    }
}

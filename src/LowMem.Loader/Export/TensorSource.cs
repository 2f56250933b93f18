using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Loader.Export;

/// <summary>The memory of tensors, one behind the other, as a place that bytes are read from like those of a file.</summary>
internal sealed class TensorMemoryLocation : CheckpointLocation
{
    private readonly List<(long Start, nint Address, long Length)> parts = [];

    /// <param name="name">What the whole is called.</param>
    public TensorMemoryLocation(string name) => Name = name;

    public string Name { get; }

    public long Length { get; private set; }

    /// <summary>The whole as a file, once all parts are there.</summary>
    public CheckpointFile File => new(Name, Length, DateTime.UnixEpoch) { Location = this };

    /// <summary>Adds memory, which stays as long as somebody reads here, and says where it begins.</summary>
    public long Add(nint address, long length)
    {
        long start = Length;
        parts.Add((start, address, length));
        Length = checked(Length + length);
        return start;
    }

    public override bool FileExists(string name) => name == Name;

    public override bool DirectoryExists(string name) => false;

    public override IEnumerable<LocationEntry> List(string directory) => throw Absent(directory);

    public override string GetFullName(string name) => name;

    public override string? GetDirectory(string name) => null;

    public override string Combine(string directory, string name) => $"{directory}/{name}";

    protected override RandomAccessSource OpenUnbuffered(string name, CancellationToken cancellationToken = default) =>
        name == Name ? new TensorSource(this, cancellationToken) : throw Absent(name);

    private static CheckpointException Absent(string name) => new(CheckpointErrorIds.NotFound, name, "a module in memory has no files.");

    private sealed class TensorSource(TensorMemoryLocation location, CancellationToken cancellationToken)
        : RandomAccessSource(location.Name, location.Length, cancellationToken)
    {
        public override CheckpointFile Version => location.File;

        public override CheckpointFile LookAgain() => location.File;

        protected override unsafe void Fill(long offset, Span<byte> destination, string what, CancellationToken cancellationToken)
        {
            int part = FindPart(offset);
            while (!destination.IsEmpty)
            {
                var (start, address, length) = location.parts[part++];
                int taken = (int)Math.Min(destination.Length, start + length - offset);
                new ReadOnlySpan<byte>((byte*)address + (offset - start), taken).CopyTo(destination);
                destination = destination[taken..];
                offset += taken;
            }
        }

        /// <summary>The last part that begins at a place or in front of it.</summary>
        private int FindPart(long offset)
        {
            int low = 0;
            int high = location.parts.Count - 1;
            while (low < high)
            {
                int middle = (low + high + 1) / 2;
                (low, high) = location.parts[middle].Start <= offset ? (middle, high) : (low, middle - 1);
            }

            return low;
        }
    }
}

using System.Buffers.Binary;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Legacy;

/// <summary>Reads pickles, and plain numbers between them, that lie one behind the other in a part of a file.</summary>
/// <param name="file">The file.</param>
/// <param name="start">Where the part starts.</param>
/// <param name="end">Where it ends.</param>
/// <param name="pickles">Where the pickles that were read are kept, a broken one among them.</param>
/// <param name="cancellationToken">Ends the reading early.</param>
internal sealed class StackedPickles(
    RandomAccessSource file, long start, long end, List<PickleResult> pickles, CancellationToken cancellationToken)
{
    private const int MaxRest = 16 << 20;

    /// <summary>Where the file begins in the whole that it is a part of.</summary>
    public long Origin => file.Origin;

    /// <summary>Where the next thing is read.</summary>
    public long Position { get; private set; } = start;

    /// <summary>How many bytes are left.</summary>
    public long Left => end - Position;

    /// <summary>Reads one pickle and stops behind it.</summary>
    /// <param name="record">What it is, for messages.</param>
    /// <param name="persistentLoader">Says what persistent ids stand for, or null.</param>
    public PickleResult Read(string record, IPersistentLoader? persistentLoader = null)
    {
        var source = new PickleSource(file.Name, record, Position, PickleSource.BudgetFor(file.StoredLength))
        {
            EndsWithFile = end == file.Length,
        };
        var input = new FilePickleInput(file, Position, Position + Math.Min(Left, Array.MaxLength));
        var pickle = PickleMachine.Read(input, source, persistentLoader, cancellationToken);
        pickles.Add(pickle);
        Position += pickle.ByteLength;
        return pickle.Error is null ? pickle : throw pickle.Error;
    }

    /// <summary>Reads a little-endian number of 64 bits.</summary>
    public long ReadInt64(string what)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        Require(bytes.Length, what);
        file.Read(Position, bytes, what);
        Position += bytes.Length;
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    /// <summary>Passes over bytes without reading them.</summary>
    public void Skip(long length, string what)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Require(length, what);
        Position += length;
    }

    /// <summary>What follows the place reached, or its start; nothing that PyTorch would read, and a place to hide in.</summary>
    /// <param name="record">What it follows, for messages.</param>
    public HiddenBytes ReadRest(string record) => new(
        file.ReadRange(Position, Math.Min(Left, MaxRest), "the rest of the file"), $"what follows the {record}", IsPickle: true);

    /// <summary>An error at the place reached.</summary>
    public CheckpointException Invalid(string message) =>
        new(CheckpointErrorIds.FormatInvalid, file.Name, $"{message} (byte {Position}).") { Offset = Position };

    private void Require(long length, string what)
    {
        if (length < 0 || length > Left)
        {
            throw new CheckpointException(
                end == file.Length ? CheckpointErrorIds.Truncated : CheckpointErrorIds.FormatInvalid,
                file.Name,
                end == file.Length && length > 0
                    ? $"truncated: {end} of at least {(UInt128)Position + (UInt128)length} bytes, since {what} needs {length} bytes at {Position}. Get the file again."
                    : $"{what} needs {length} bytes at {Position}, and there are {Left}.")
            {
                Offset = Position,
            };
        }
    }
}

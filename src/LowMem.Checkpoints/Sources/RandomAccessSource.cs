using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources;

/// <summary>
/// Bytes that can be read anywhere: a file, a part of one, or what a part unfolds to. Every byte of a checkpoint comes from
/// one. Safe for several threads.
/// </summary>
public abstract class RandomAccessSource : IDisposable
{
    /// <summary>A read of a local file is not interrupted, so a large one is cut up to notice a cancellation.</summary>
    private const int MaxRead = 8 << 20;

    /// <param name="name">The full path, or another full name by which its location knows it.</param>
    /// <param name="length">The length in bytes.</param>
    /// <param name="cancellationToken">Ends every read that is not given a token of its own.</param>
    protected RandomAccessSource(string name, long length, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Name = name;
        Length = length;
        Cancellation = cancellationToken;
    }

    /// <summary>The full path, or another full name by which its location knows it; what errors name.</summary>
    public string Name { get; }

    /// <summary>The number of bytes.</summary>
    public long Length { get; }

    /// <summary>Which version was opened, and not what has the name by now.</summary>
    public abstract CheckpointFile Version { get; }

    /// <summary>
    /// The bytes that the content takes on disk: fewer than <see cref="Length"/> when it was unfolded. Work and memory are
    /// bounded by them.
    /// </summary>
    public virtual long StoredLength => Length;

    /// <summary>Where the first byte is in the whole that this is a part of, or in the memory that it was unfolded to.</summary>
    public virtual long Origin => 0;

    /// <summary>The whole of what the bytes were unfolded to; null when they are not in memory.</summary>
    public virtual ReadOnlyMemory<byte>? UnfoldedContent => null;

    /// <summary>What to know where each read takes a while; null where it does not.</summary>
    internal virtual IFarSource? Far => null;

    /// <summary>The same source, of which no more is read than is asked for; for reads of which nothing near follows.</summary>
    internal virtual RandomAccessSource Exact => this;

    /// <summary>What ends the reads that are given no token.</summary>
    protected CancellationToken Cancellation { get; }

    /// <summary>Fills the span from a place in the source.</summary>
    /// <param name="offset">The place, in bytes.</param>
    /// <param name="destination">Filled whole.</param>
    /// <param name="what">What is read, for the error.</param>
    /// <param name="cancellationToken">Ends the reading early; by default that with which the source was opened.</param>
    /// <exception cref="CheckpointException">The source ends before the span is full, changed, or cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Read(long offset, Span<byte> destination, string what, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(what);
        if (offset < 0 || destination.Length > Length - offset)
        {
            throw Truncated(offset, destination.Length, what);
        }

        var token = cancellationToken.CanBeCanceled ? cancellationToken : Cancellation;
        while (!destination.IsEmpty)
        {
            token.ThrowIfCancellationRequested();
            var part = destination[..Math.Min(MaxRead, destination.Length)];
            try
            {
                Fill(offset, part, what, token);
            }
            catch (Exception exception) when (FileErrors.IsFileError(exception))
            {
                throw FileErrors.Wrap(exception, Name);
            }

            offset += part.Length;
            destination = destination[part.Length..];
        }
    }

    /// <summary>A range as a new array.</summary>
    /// <param name="offset">Where it starts, in bytes.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="what">What is read, for the error.</param>
    /// <exception cref="CheckpointException">The range is not in the source, or longer than an array can be.</exception>
    public byte[] ReadRange(long offset, long length, string what)
    {
        ArgumentNullException.ThrowIfNull(what);
        if (offset < 0 || length < 0 || length > Length - offset)
        {
            throw Truncated(offset, length, what);
        }

        if (length > Array.MaxLength)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsupported, Name, $"{what} is {length} bytes, more than the {Array.MaxLength} read here.");
        }

        var bytes = GC.AllocateUninitializedArray<byte>((int)length);
        Read(offset, bytes, what);
        return bytes;
    }

    /// <summary>A part of the source as a source of its own, which keeps its place. It ends with the whole, and need not be disposed of.</summary>
    /// <param name="offset">Where it starts, in bytes.</param>
    /// <param name="length">Its length in bytes.</param>
    public RandomAccessSource Slice(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        return new SourceSlice(this, offset, length);
    }

    /// <summary>The same source, whose reads are ended by a token.</summary>
    /// <param name="cancellationToken">Ends every read that is not given a token of its own.</param>
    public RandomAccessSource With(CancellationToken cancellationToken) => new SourceSlice(this, 0, Length, cancellationToken);

    /// <summary>What a part of the source unfolds to, as a source of its own under the same name.</summary>
    /// <param name="unfolded">The bytes.</param>
    /// <param name="storedLength">How many they are on disk.</param>
    public RandomAccessSource WithContent(ReadOnlyMemory<byte> unfolded, long storedLength) =>
        new UnfoldedSource(this, unfolded, storedLength);

    /// <summary>The version that is open, looked at once more: a file can be written to while it is open.</summary>
    /// <exception cref="CheckpointException">It cannot be looked at.</exception>
    public abstract CheckpointFile LookAgain();

    /// <summary>Makes sure that what is open is a version, and was not written to meanwhile.</summary>
    /// <param name="listed">The version.</param>
    /// <exception cref="CheckpointException">It is another one: <see cref="CheckpointErrorIds.Changed"/>.</exception>
    public void CheckUnchanged(CheckpointFile listed)
    {
        ArgumentNullException.ThrowIfNull(listed);
        ListedFile.Check(listed, LookAgain());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Fills the span from a place where the source has as many bytes.</summary>
    /// <param name="offset">The place, in bytes.</param>
    /// <param name="destination">Filled whole; of bounded length.</param>
    /// <param name="what">What is read, for the error.</param>
    /// <param name="cancellationToken">Ends the reading early, where it can be interrupted.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="CheckpointException">It ends earlier than it did when it was opened.</exception>
    protected internal abstract void Fill(long offset, Span<byte> destination, string what, CancellationToken cancellationToken);

    /// <summary>Closes what was opened for it.</summary>
    /// <param name="disposing">Whether it is called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }

    private CheckpointException Truncated(long offset, long length, string what) => new(
        CheckpointErrorIds.Truncated,
        Name,
        $"truncated: {Length} of at least {(Int128)offset + length} bytes. {char.ToUpperInvariant(what[0]) + what[1..]} is {length} bytes at offset {offset}. Get the file again.")
    {
        Offset = offset,
    };
}

/// <summary>A part of a source. What lies in front of it and behind it is none of its business.</summary>
internal sealed class SourceSlice(RandomAccessSource whole, long start, long length, CancellationToken cancellationToken = default)
    : RandomAccessSource(whole.Name, length, cancellationToken)
{
    public override CheckpointFile Version => whole.Version;

    public override long StoredLength => whole.UnfoldedContent is null ? Length : Math.Min(Length, whole.StoredLength);

    public override long Origin => start + whole.Origin;

    public override ReadOnlyMemory<byte>? UnfoldedContent => whole.UnfoldedContent;

    /// <summary>Of a part, places are others.</summary>
    internal override IFarSource? Far => start == 0 && Length == whole.Length ? whole.Far : null;

    public override CheckpointFile LookAgain() => whole.LookAgain();

    protected internal override void Fill(long offset, Span<byte> destination, string what, CancellationToken cancellationToken) =>
        whole.Read(start + offset, destination, what, cancellationToken);
}

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

namespace LowMem.Checkpoints.Sources;

/// <summary>
/// A source of which each read takes a while, however few bytes it is for. Whoever knows what will be read says so, and what
/// need not be known is not read.
/// </summary>
internal interface IFarSource
{
    /// <summary>Whether no more is read than a list needs; what values rest on is then looked at before they are handed out.</summary>
    bool IsSparse { get; }

    /// <summary>Fetches a range at once, of which parts are read next.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="length">Its bytes; cut off at the end of the source.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="Diagnostics.CheckpointException">It cannot be had.</exception>
    void Fetch(long offset, long length, CancellationToken cancellationToken);

    /// <summary>Says which ranges will be read, each once: they are fetched side by side, a little ahead of who reads them.</summary>
    /// <param name="ranges">The ranges, in any order.</param>
    /// <param name="cancellationToken">Ends the fetching early.</param>
    void ReadAhead(IEnumerable<ByteRange> ranges, CancellationToken cancellationToken);

    /// <summary>Says what has to hold before a range is handed out.</summary>
    /// <param name="range">The range.</param>
    /// <param name="place">Where the bytes are that tell.</param>
    /// <param name="check">Looks at these bytes, and throws when it does not hold.</param>
    void CheckLater(ByteRange range, ByteRange place, Action<ReadOnlyMemory<byte>> check);
}

/// <summary>A range of a source.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Length">Its bytes.</param>
internal readonly record struct ByteRange(long Offset, long Length)
{
    /// <summary>Where it ends.</summary>
    public long End => Offset + Length;
}

namespace LowMem.Checkpoints.Values;

/// <summary>Content at a place of a file, such as a record or a storage: as it is, or compressed.</summary>
/// <param name="plan">What is read.</param>
/// <param name="path">The file.</param>
/// <param name="offset">Where the bytes, or the compressed bytes, begin.</param>
/// <param name="length">The bytes of content.</param>
/// <param name="packedLength">The compressed bytes, or null when the content is stored as it is.</param>
internal sealed class StoredContent(BlockPlan plan, string path, long offset, long length, long? packedLength)
{
    private InflateConsumer? inflated;

    public string Path => path;

    public long Offset => offset;

    public long Length => length;

    public bool IsPacked => packedLength is not null;

    /// <summary>
    /// Whether compressed content may turn out to be broken, which <see cref="Problem"/> tells then; else it is an exception.
    /// </summary>
    public bool MayBeBroken { get; set; }

    /// <summary>What is wrong with compressed content, once it has been read; null when it is as it should be.</summary>
    public string? Problem { get; set; }

    /// <summary>Wants a range of the content.</summary>
    public void Add(long start, long count, IBlockConsumer consumer)
    {
        if (packedLength is not { } packed)
        {
            plan.Add(path, offset + start, count, consumer);
            return;
        }

        if (inflated is null)
        {
            plan.Add(path, offset, packed, inflated = new InflateConsumer(this));
        }

        if (count == 0)
        {
            plan.Add(path, offset, 0, consumer);
        }
        else
        {
            plan.AddInside(consumer, inflated);
            inflated.Add(new BlockRange(start, count, consumer));
        }
    }
}

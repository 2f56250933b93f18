namespace LowMem.Checkpoints.Values;

/// <summary>Takes the bytes of one range, block by block, while they are read for whoever else wants them.</summary>
internal interface IBlockConsumer
{
    /// <summary>
    /// True when the blocks have to come one after the other, from the first to the last; else they come from several threads
    /// at a time, in any order.
    /// </summary>
    bool IsInOrder { get; }

    /// <param name="position">Where the block begins, in bytes from the start of the range.</param>
    /// <param name="block">The bytes, of which the first or the last element may be cut; they are not to be kept.</param>
    void Consume(long position, ReadOnlySpan<byte> block);

    /// <summary>Called once, after the last block; also when there is none.</summary>
    void Complete();
}

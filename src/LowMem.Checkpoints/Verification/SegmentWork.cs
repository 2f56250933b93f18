namespace LowMem.Checkpoints.Verification;

/// <summary>Reads one part of an extent that is stored as it is.</summary>
internal sealed class SegmentWork(ScanExtent extent, int index) : IScanWork
{
    /// <summary>A multiple of every element size, so that no element is cut.</summary>
    public const long MaxLength = 32 << 20;

    public long ByteLength => Math.Min(MaxLength, extent.Length - (index * MaxLength));

    public void Run(Span<byte> buffer, ScanContext context)
    {
        var file = context.Reader.GetFile(extent.Path);
        var checksum = extent.Record is null ? null : new Checksum();
        long start = index * MaxLength;
        long end = start + ByteLength;
        for (long position = start; position < end; position += buffer.Length)
        {
            var block = buffer[..(int)Math.Min(buffer.Length, end - position)];
            file.ReadAt(extent.Offset + position, block, extent.What);
            checksum?.Append(block);
            extent.CountValues(position, block);

            context.BlockDone(block.Length);
        }

        if (checksum is not null)
        {
            extent.SetChecksum(index, checksum.Value);
        }
    }
}

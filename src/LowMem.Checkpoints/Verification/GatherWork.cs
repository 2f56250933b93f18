namespace LowMem.Checkpoints.Verification;

/// <summary>Counts the values of a tensor whose elements do not fill a range of its storage.</summary>
internal sealed class GatherWork(TensorInfo tensor, ValueRegion result) : IScanWork
{
    public long ByteLength => tensor.ByteLength;

    public void Run(Span<byte> buffer, ScanContext context)
    {
        for (long position = 0; position < tensor.ByteLength; position += buffer.Length)
        {
            var block = buffer[..(int)Math.Min(buffer.Length, tensor.ByteLength - position)];
            context.Reader.Read(tensor, position, block, context.CancellationToken);
            result.Add(ValueCounter.Count(result.Type, block), position);
            context.BlockDone(block.Length);
        }
    }
}

using System.Buffers;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Elements;

namespace LowMem.Checkpoints.Conversion;

/// <summary>Takes the bytes of a blob, in any order.</summary>
/// <param name="position">From the start of the blob.</param>
/// <param name="bytes">The bytes; they are not to be kept.</param>
internal delegate void BlobSink(long position, ReadOnlySpan<byte> bytes);

/// <summary>Hands on values as they are.</summary>
internal sealed class CopyConsumer(BlobSink sink) : IBlockConsumer
{
    public bool IsInOrder => false;

    public void Consume(long position, ReadOnlySpan<byte> block) => sink(position, block);

    public void Complete()
    {
    }
}

/// <summary>Hands on values as elements of another type.</summary>
internal sealed class CastConsumer(DType from, DType to, BlobSink sink) : ElementConsumer(from.ByteSize)
{
    protected override void ConsumeElements(long first, ReadOnlySpan<byte> elements)
    {
        int length = elements.Length / from.ByteSize * to.ByteSize;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        var converted = buffer.AsSpan(0, length);
        ElementConverter.Convert(from, elements, to, converted);
        sink(first * to.ByteSize, converted);
        ArrayPool<byte>.Shared.Return(buffer);
    }
}

/// <summary>Wants what a blob is made of, and hands on the bytes that it has in the file.</summary>
internal static class BlobConsumers
{
    public static void Add(BlockPlan plan, PlannedBlob blob, BlobSink sink)
    {
        if (blob.Numbers is { } numbers)
        {
            numbers.Add(plan, (first, values) => Encode(blob.Type, first, values, sink));
            return;
        }

        var from = DType.Get(blob.Source.DType);
        plan.Add(blob.Source, from == blob.Type ? new CopyConsumer(sink) : new CastConsumer(from, blob.Type, sink));
    }

    private static void Encode(DType type, long first, ReadOnlySpan<float> numbers, BlobSink sink)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(numbers.Length * type.ByteSize);
        var elements = buffer.AsSpan(0, numbers.Length * type.ByteSize);
        ElementConverter.FromSingle(numbers, type, elements);
        sink(first * type.ByteSize, elements);
        ArrayPool<byte>.Shared.Return(buffer);
    }
}

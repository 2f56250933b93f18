using System.Buffers;
using System.Runtime.InteropServices;

namespace LowMem.Checkpoints.Values.Scaled;

/// <summary>Takes the codes of a part of a tensor, and hands on the float32 numbers that they stand for.</summary>
/// <param name="table">The scales.</param>
/// <param name="consumers">Who wants the numbers; all in order, or none.</param>
internal sealed class DequantizingConsumer(ScaleTable table, params IReadOnlyList<IBlockConsumer> consumers) : ElementConsumer(table.Type.ByteSize)
{
    private const int Chunk = 32 << 10;

    public override bool IsInOrder => consumers.Any(consumer => consumer.IsInOrder);

    public override void Complete()
    {
        foreach (var consumer in consumers)
        {
            consumer.Complete();
        }
    }

    protected override void ConsumeElements(long first, ReadOnlySpan<byte> elements)
    {
        int size = table.Type.ByteSize;
        float[] buffer = ArrayPool<float>.Shared.Rent(Math.Min(Chunk, elements.Length / size) * table.PerCode);
        try
        {
            while (!elements.IsEmpty)
            {
                int count = Math.Min(Chunk, elements.Length / size);
                var numbers = buffer.AsSpan(0, count * table.PerCode);
                table.ToSingle(first, elements[..(count * size)], numbers);
                foreach (var consumer in consumers)
                {
                    consumer.Consume(first * table.PerCode * sizeof(float), MemoryMarshal.AsBytes(numbers));
                }

                first += count;
                elements = elements[(count * size)..];
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }
    }
}

using System.Runtime.InteropServices;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Scaled;

namespace LowMem.Checkpoints.Conversion;

/// <summary>The float32 numbers of a tensor of codes with scales.</summary>
internal sealed class DequantizedNumbers(ScaledView view) : ITensorNumbers
{
    private const int MaxNamed = 20;

    public string Key => view.Tensor.Key;

    public long[] Shape => [.. view.Shape];

    public long StoredByteLength => view.Codes.ByteLength;

    public IReadOnlyCollection<string> Keys => [view.Tensor.Stored.Key, .. view.Tensor.ScaleKeys];

    /// <summary>Gives the numbers of the tensors of a checkpoint that have scales.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="isTaken">Whether the tensor of a key is written.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="CheckpointException">The scales of some are not understood; all of these are named.</exception>
    public static Func<TensorInfo, ITensorNumbers?> Find(Checkpoint checkpoint, Func<string, bool> isTaken, CancellationToken cancellationToken)
    {
        var scaled = ScaledTensors.Find(checkpoint, cancellationToken);
        var unknown = scaled.All.Where(tensor => tensor.Problem is not null && isTaken(tensor.Stored.Key)).ToList();
        if (unknown.Count > 0)
        {
            throw new CheckpointException(
                CheckpointErrorIds.ConversionUnsupported,
                checkpoint.Path,
                $"the scales of {unknown.Count} {(unknown.Count == 1 ? "tensor" : "tensors")} are not understood, so that the numbers are not known. Leave them out with -Exclude, or convert without -Dequantize.",
                lines:
                [
                    .. unknown.Take(MaxNamed).Select(tensor => $"  '{DisplayText.Name(tensor.Key)}': {tensor.Problem}"),
                    .. unknown.Count > MaxNamed ? (string[])[$"  and {unknown.Count - MaxNamed} more"] : [],
                ]);
        }

        return tensor => scaled.OfStored(tensor.Key) is { Problem: null } found ? new DequantizedNumbers(ScaledView.Of(found)) : null;
    }

    public ITensorNumbers Narrow(int dimension, long start, long length) => new DequantizedNumbers(view.Narrow(dimension, start, length));

    public void Add(BlockPlan plan, NumberTaker take) => plan.Add(view.Codes, new ScaleHolder(plan.Reader, view, new NumberConsumer(take)));

    /// <summary>Has the scales in memory from the first block to the last: those of all tensors of a model may be gigabytes.</summary>
    private sealed class ScaleHolder(TensorDataReader reader, ScaledView view, NumberConsumer numbers) : IBlockConsumer
    {
        private readonly Lock gate = new();
        private DequantizingConsumer? open;

        public bool IsInOrder => false;

        public void Consume(long position, ReadOnlySpan<byte> block)
        {
            DequantizingConsumer consumer;
            lock (gate)
            {
                consumer = open ??= new DequantizingConsumer(ScaleTable.Read(reader, view, CancellationToken.None), numbers);
            }

            consumer.Consume(position, block);
        }

        public void Complete()
        {
            open?.Complete();
            open = null;
        }
    }

    private sealed class NumberConsumer(NumberTaker take) : IBlockConsumer
    {
        public bool IsInOrder => false;

        public void Consume(long position, ReadOnlySpan<byte> block) => take(position / sizeof(float), MemoryMarshal.Cast<byte, float>(block));

        public void Complete()
        {
        }
    }
}

using static TorchSharp.torch;

namespace LowMem.Loader.Memory;

/// <summary>Copies, and casts, a tensor of any strides in pieces, so that it can be cancelled and its progress shown.</summary>
internal static class BlockCopy
{
    private const long BlockElements = 4 << 20;

    /// <summary>Copies all elements; allocates nothing of the size of either tensor.</summary>
    /// <param name="source">What to copy.</param>
    /// <param name="destination">A tensor of the same shape, and perhaps another type.</param>
    /// <param name="onElementsCopied">Told the elements of each finished piece.</param>
    /// <param name="cancellationToken">Ends the copying early.</param>
    public static void Run(Tensor source, Tensor destination, Action<long> onElementsCopied, CancellationToken cancellationToken)
    {
        var count = source.numel();
        var dimension = Array.FindIndex(source.shape, size => size > 1);
        if (count <= BlockElements || dimension < 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            destination.copy_(source);
            onElementsCopied(count);
            return;
        }

        // Cut along the outermost dimension; a slice that is still too large is cut along the next one.
        var size = source.shape[dimension];
        var step = Math.Max(1, BlockElements / (count / size));
        for (long start = 0; start < size; start += step)
        {
            var length = Math.Min(step, size - start);
            using var from = source.narrow(dimension, start, length);
            using var to = destination.narrow(dimension, start, length);
            Run(from, to, onElementsCopied, cancellationToken);
        }
    }
}

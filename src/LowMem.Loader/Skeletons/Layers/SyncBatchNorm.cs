using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>PyTorch's SyncBatchNorm in one process, where it is a batch norm of any number of dimensions.</summary>
public sealed class SyncBatchNorm : BatchNorm
{
    internal SyncBatchNorm(long features, double epsilon, bool affine, bool trackRunningStats)
        : base(features, epsilon, momentum: 0.1, affine, trackRunningStats, device: META, dtype: null, nameof(SyncBatchNorm))
    {
    }

    /// <inheritdoc/>
    protected override void ValidateInputDimensions(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.ndim < 2)
        {
            throw new ArgumentException($"expected at least 2 dimensions, but got {input.ndim}", nameof(input));
        }
    }
}

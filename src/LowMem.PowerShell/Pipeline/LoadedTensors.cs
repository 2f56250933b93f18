using LowMem.Checkpoints;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Scaled;
using LowMem.Loader.Import.Binding;

namespace LowMem.PowerShell.Pipeline;

/// <summary>Tensors of TorchSharp, for a cmdlet that needs it only when it is asked for them: nothing else names a type of it.</summary>
internal sealed class LoadedTensors(Checkpoint checkpoint) : IDisposable
{
    private readonly TensorLoader loader = new(checkpoint);

    /// <summary>Makes the tensor of a part, or of the numbers that it stands for.</summary>
    public object Load(TensorView view, ScaledView? numbers, Action<long> progress, CancellationToken cancellationToken) => numbers is null
        ? loader.Load(view, progress, cancellationToken)
        : loader.Load(numbers, progress, cancellationToken);

    public void Dispose() => loader.Dispose();
}

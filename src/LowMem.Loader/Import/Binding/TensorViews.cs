using static TorchSharp.torch;

namespace LowMem.Loader.Import.Binding;

/// <summary>Makes tensors that share storage without being views of each other in the eyes of autograd.</summary>
internal static class TensorViews
{
    /// <summary>
    /// A tensor of its own on the same storage, as <c>torch.load</c> makes them: it may want a gradient and be changed in
    /// place like any parameter, which a view made by <c>as_strided</c> or <c>expand</c> may not.
    /// </summary>
    public static Tensor Detach(Tensor view)
    {
        using var noGrad = no_grad();
        var tensor = empty(0, dtype: view.dtype, device: view.device);
        try
        {
            return tensor.set_(view).DetachFromDisposeScope();
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }
}

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>Plain recurrent layers, with PyTorch's names of parameters.</summary>
public sealed class RNN : HiddenStateLayer
{
    internal RNN(RecurrentStack layers)
        : base(nameof(RNN), layers)
    {
    }
}

namespace LowMem.Loader.Skeletons.Layers;

/// <summary>Layers of gated recurrent units, with PyTorch's names of parameters.</summary>
public sealed class GRU : HiddenStateLayer
{
    internal GRU(RecurrentStack layers)
        : base(nameof(GRU), layers)
    {
    }
}

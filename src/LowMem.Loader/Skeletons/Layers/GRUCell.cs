namespace LowMem.Loader.Skeletons.Layers;

/// <summary>One step of a gated recurrent unit, with PyTorch's names of parameters.</summary>
public sealed class GRUCell : HiddenStateCell
{
    internal GRUCell(long inputSize, long hiddenSize, bool hasBias)
        : base(nameof(GRUCell), RecurrentKind.Gru, inputSize, hiddenSize, hasBias)
    {
    }
}

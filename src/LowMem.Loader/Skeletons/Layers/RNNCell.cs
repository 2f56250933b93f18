namespace LowMem.Loader.Skeletons.Layers;

/// <summary>One step of a plain recurrent layer, with PyTorch's names of parameters.</summary>
public sealed class RNNCell : HiddenStateCell
{
    internal RNNCell(long inputSize, long hiddenSize, bool hasBias, bool isRelu)
        : base(nameof(RNNCell), isRelu ? RecurrentKind.Relu : RecurrentKind.Tanh, inputSize, hiddenSize, hasBias)
    {
    }
}

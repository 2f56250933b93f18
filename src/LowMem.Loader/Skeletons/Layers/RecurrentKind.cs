namespace LowMem.Loader.Skeletons.Layers;

/// <summary>What a step of a recurrent layer computes.</summary>
internal enum RecurrentKind
{
    /// <summary>Long short-term memory.</summary>
    Lstm,

    /// <summary>Gated recurrent unit.</summary>
    Gru,

    /// <summary>A plain recurrent layer with tanh.</summary>
    Tanh,

    /// <summary>A plain recurrent layer with ReLU.</summary>
    Relu,
}

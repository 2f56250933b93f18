namespace LowMem.Checkpoints.Formats.TorchSharp;

/// <summary>One field that an optimizer writes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">How it is written.</param>
internal sealed record OptimizerField(string Name, OptimizerFieldKind Kind);

/// <summary>How a field is written.</summary>
internal enum OptimizerFieldKind
{
    /// <summary>A byte, 0 or 1.</summary>
    Boolean = 'b',

    /// <summary>Eight bytes, little-endian.</summary>
    Double = 'd',

    /// <summary>Eight bytes, little-endian.</summary>
    Long = 'l',

    /// <summary>As <c>Tensor.Save</c> writes it.</summary>
    Tensor = 't',

    /// <summary>A byte that says whether a tensor follows.</summary>
    OptionalTensor = 'o',
}

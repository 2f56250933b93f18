namespace LowMem.Checkpoints;

/// <summary>What kind of number an element type holds.</summary>
public enum DTypeKind
{
    /// <summary>Binary floating point.</summary>
    Floating,

    /// <summary>Signed or unsigned integer.</summary>
    Integer,

    /// <summary>True or false, one byte each.</summary>
    Boolean,

    /// <summary>A pair of floating-point numbers.</summary>
    Complex,

    /// <summary>An integer with a scale and a zero point kept beside the tensor.</summary>
    Quantized,
}

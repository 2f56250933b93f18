using System.Numerics;
using LowMem.Checkpoints.Values.Statistics;

namespace LowMem.Checkpoints.Comparison;

/// <summary>A number as it is compared.</summary>
/// <param name="Value">The number as float64; the real part of a complex one.</param>
/// <param name="Rest">What a 64-bit integer is more than that; the imaginary part of a complex number.</param>
internal readonly record struct ComparedNumber(double Value, double Rest)
{
    /// <summary>The number as the object that people see.</summary>
    /// <param name="type">The type of the element.</param>
    /// <param name="isScaled">Whether the integers of a quantised tensor were made numbers.</param>
    public object ToObject(DType type, bool isScaled) => type.Kind switch
    {
        DTypeKind.Complex => new Complex(Value, Rest),
        DTypeKind.Boolean => Value != 0,
        DTypeKind.Integer => IntegerTotals.ToObject((Int128)Value + (Int128)Rest),
        DTypeKind.Quantized when !isScaled => (long)Value,
        _ => Value,
    };
}

using System.Collections.Frozen;

namespace LowMem.Checkpoints;

/// <summary>An element type: PyTorch's name for it and its size.</summary>
/// <remarks>Names and sizes are those of <c>c10/core/ScalarType.h</c>; the sub-byte types are those of safetensors.</remarks>
public sealed record DType
{
    private static readonly FrozenDictionary<string, DType> ByName = new DType[]
    {
        new("float64", 64, DTypeKind.Floating),
        new("float32", 32, DTypeKind.Floating),
        new("float16", 16, DTypeKind.Floating),
        new("bfloat16", 16, DTypeKind.Floating),
        new("float8_e4m3fn", 8, DTypeKind.Floating),
        new("float8_e5m2", 8, DTypeKind.Floating),
        new("float8_e4m3fnuz", 8, DTypeKind.Floating),
        new("float8_e5m2fnuz", 8, DTypeKind.Floating),
        new("float8_e8m0fnu", 8, DTypeKind.Floating),
        new("float6_e2m3fn", 6, DTypeKind.Floating),
        new("float6_e3m2fn", 6, DTypeKind.Floating),
        new("float4_e2m1fn", 4, DTypeKind.Floating),
        new("float4_e2m1fn_x2", 8, DTypeKind.Floating),
        new("int64", 64, DTypeKind.Integer),
        new("int32", 32, DTypeKind.Integer),
        new("int16", 16, DTypeKind.Integer),
        new("int8", 8, DTypeKind.Integer),
        new("uint64", 64, DTypeKind.Integer),
        new("uint32", 32, DTypeKind.Integer),
        new("uint16", 16, DTypeKind.Integer),
        new("uint8", 8, DTypeKind.Integer),
        new("bool", 8, DTypeKind.Boolean),
        new("complex32", 32, DTypeKind.Complex),
        new("complex64", 64, DTypeKind.Complex),
        new("complex128", 128, DTypeKind.Complex),
        new("qint8", 8, DTypeKind.Quantized),
        new("quint8", 8, DTypeKind.Quantized),
        new("qint32", 32, DTypeKind.Quantized),
        new("quint4x2", 4, DTypeKind.Quantized),
        new("quint2x4", 2, DTypeKind.Quantized),
    }.ToFrozenDictionary(type => type.Name, StringComparer.Ordinal);

    private DType(string name, int bitSize, DTypeKind kind)
    {
        Name = name;
        BitSize = bitSize;
        Kind = kind;
    }

    /// <summary>Every element type known here.</summary>
    public static IEnumerable<DType> All => ByName.Values;

    /// <summary>PyTorch's name, without the <c>torch.</c> in front.</summary>
    public string Name { get; }

    /// <summary>The bits of one element; less than eight where several share a byte.</summary>
    public int BitSize { get; }

    /// <summary>What kind of number it holds.</summary>
    public DTypeKind Kind { get; }

    /// <summary>The bytes of one element; 0 for a sub-byte type, which has no addressable elements.</summary>
    public int ByteSize => BitSize / 8;

    /// <summary>Finds a type by PyTorch's name; null when there is none of that name.</summary>
    public static DType? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Finds a type that is known to exist.</summary>
    /// <exception cref="ArgumentException">No type has that name.</exception>
    public static DType Get(string name) =>
        Find(name) ?? throw new ArgumentException($"'{name}' is not the name of an element type.", nameof(name));

    /// <summary>The bytes that <paramref name="elementCount"/> packed elements take.</summary>
    /// <exception cref="OverflowException">The size does not fit a 64-bit integer.</exception>
    public long GetByteLength(long elementCount)
    {
        if (BitSize % 8 == 0)
        {
            return checked(elementCount * ByteSize);
        }

        // By eights, so that bits never overflow where bytes do not.
        var (eights, rest) = Math.DivRem(elementCount, 8);
        return checked((eights * BitSize) + (((rest * BitSize) + 7) / 8));
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

using System.Buffers.Binary;
using System.Numerics;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>Reads one number of a numpy type as the .NET type that values have: long, double, bool, complex.</summary>
internal static class NumpyScalars
{
    /// <param name="type">The element type.</param>
    /// <param name="bytes">As many bytes as the type has, little-endian.</param>
    /// <returns>Null for a type without a .NET equal.</returns>
    public static object? Read(DType type, ReadOnlySpan<byte> bytes) => type.Name switch
    {
        "bool" => bytes[0] != 0,
        "int8" => (long)unchecked((sbyte)bytes[0]),
        "uint8" => (long)bytes[0],
        "int16" => (long)BinaryPrimitives.ReadInt16LittleEndian(bytes),
        "uint16" => (long)BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        "int32" => (long)BinaryPrimitives.ReadInt32LittleEndian(bytes),
        "uint32" => (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        "int64" => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        "uint64" => PickleScalar.Of(new BigInteger(BinaryPrimitives.ReadUInt64LittleEndian(bytes))).Value,
        "float16" => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        "float32" => (double)BinaryPrimitives.ReadSingleLittleEndian(bytes),
        "float64" => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        "complex64" => new Complex(BinaryPrimitives.ReadSingleLittleEndian(bytes), BinaryPrimitives.ReadSingleLittleEndian(bytes[4..])),
        "complex128" => new Complex(BinaryPrimitives.ReadDoubleLittleEndian(bytes), BinaryPrimitives.ReadDoubleLittleEndian(bytes[8..])),
        _ => null,
    };
}

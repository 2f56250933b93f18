using System.Buffers.Binary;
using System.Globalization;
using LowMem.Checkpoints.IO;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch;

/// <summary>Reads numpy's arrays, scalars and dtypes out of the calls they are pickled as.</summary>
internal static class NumpyObjects
{
    /// <summary>An array: <c>_reconstruct(ndarray, (0,), b'b')</c> with the state (version, shape, dtype, fortran, bytes).</summary>
    public static NumpyArray? TryReadArray(PickleNode node)
    {
        if (node is not PickleObject { CallableName: { } name, State: PickleSequence { Count: 5 } state }
            || !IsMultiarray(name, "_reconstruct")
            || PythonValues.AsSequence(state[1]) is not { } sizes
            || TryReadType(state[2]) is not var (type, bigEndian)
            || TryReadBytes(state[4]) is not { } bytes)
        {
            return null;
        }

        var shape = new long[sizes.Count];
        for (int i = 0; i < shape.Length; i++)
        {
            if (sizes[i] is not PickleScalar { Value: long size and >= 0 })
            {
                return null;
            }

            shape[i] = size;
        }

        bool columnMajor = state[3] is PickleScalar { Value: true };
        return new NumpyArray(type, shape, columnMajor, bigEndian, bytes);
    }

    /// <summary>A scalar: <c>scalar(dtype, bytes)</c>; null when it is none or of a type without a .NET equal.</summary>
    public static object? TryReadScalar(PickleObject made)
    {
        if (made.CallableName is not { } name
            || !IsMultiarray(name, "scalar")
            || made.ArgumentList is not [var typeNode, var content]
            || TryReadType(typeNode) is not var (type, bigEndian)
            || TryReadBytes(content) is not { } bytes
            || bytes.Length != type.ByteSize)
        {
            return null;
        }

        bytes = [.. bytes];
        if (bigEndian)
        {
            ElementBits.ReverseByteOrder(bytes, type);
        }

        return type.Name switch
        {
            "bool" => bytes[0] != 0,
            "int8" => (long)unchecked((sbyte)bytes[0]),
            "uint8" => (long)bytes[0],
            "int16" => (long)BinaryPrimitives.ReadInt16LittleEndian(bytes),
            "uint16" => (long)BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            "int32" => (long)BinaryPrimitives.ReadInt32LittleEndian(bytes),
            "uint32" => (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            "int64" => BinaryPrimitives.ReadInt64LittleEndian(bytes),
            "uint64" => PickleScalar.Of(new System.Numerics.BigInteger(BinaryPrimitives.ReadUInt64LittleEndian(bytes))).Value,
            "float16" => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
            "float32" => (double)BinaryPrimitives.ReadSingleLittleEndian(bytes),
            "float64" => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            _ => null,
        };
    }

    /// <summary>
    /// <c>dtype('f4', False, True)</c> with a state whose second item is the byte order: <c>&lt;</c>, <c>&gt;</c>,
    /// <c>|</c> or <c>=</c>.
    /// </summary>
    private static (DType Type, bool BigEndian)? TryReadType(PickleNode node)
    {
        if (node is not PickleObject { CallableName: "numpy.dtype" } made
            || made.ArgumentList is not [PickleScalar { Value: string code }, ..])
        {
            return null;
        }

        bool bigEndian = made.State is PickleSequence { Count: >= 2 } state && state[1] is PickleScalar { Value: ">" };
        string? name = code switch
        {
            "b1" => "bool",
            "i1" => "int8",
            "u1" => "uint8",
            "i2" => "int16",
            "u2" => "uint16",
            "i4" => "int32",
            "u4" => "uint32",
            "i8" => "int64",
            "u8" => "uint64",
            "f2" => "float16",
            "f4" => "float32",
            "f8" => "float64",
            "c8" => "complex64",
            "c16" => "complex128",
            _ => null,
        };
        return name is null ? null : (DType.Get(name), bigEndian);
    }

    private static byte[]? TryReadBytes(PickleNode node) =>
        NaturalValues.TryConvert(node, out object? value) ? value as byte[] : null;

    private static bool IsMultiarray(string name, string member) =>
        name == $"numpy.core.multiarray.{member}" || name == $"numpy._core.multiarray.{member}";
}

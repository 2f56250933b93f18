using System.Text;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>Reads numpy's arrays, scalars and dtypes out of the calls they are pickled as.</summary>
internal static class NumpyObjects
{
    /// <summary>numpy's own limit.</summary>
    private const int MaxDimensions = 64;

    /// <summary>Whether an object is made by one of the functions that make arrays.</summary>
    public static bool IsArray(PickleObject made) => made.CallableName is { } name
        && (IsMultiarray(name, "_reconstruct") || name is "numpy.core.numeric._frombuffer" or "numpy._core.numeric._frombuffer");

    /// <summary>An array: <c>_reconstruct(ndarray, (0,), b'b')</c> with the state (version, shape, dtype, fortran, bytes).</summary>
    public static NumpyArray? TryReadArray(PickleNode node)
    {
        // Protocol 5: _frombuffer(bytes, dtype, shape, 'C' or 'F').
        if (node is PickleObject { CallableName: "numpy.core.numeric._frombuffer" or "numpy._core.numeric._frombuffer" } buffer
            && buffer.ArgumentList is [var content, var dtype, var shape, PickleScalar { Value: string order }])
        {
            return TryCreate(shape, dtype, order == "F", content);
        }

        return node is PickleObject { CallableName: { } name, State: PickleSequence { Count: 5 } state }
            && IsMultiarray(name, "_reconstruct")
            ? TryCreate(state[1], state[2], state[3] is PickleScalar { Value: true }, state[4])
            : null;
    }

    private static NumpyArray? TryCreate(PickleNode shapeNode, PickleNode typeNode, bool columnMajor, PickleNode content)
    {
        if (PythonValues.AsSequence(shapeNode) is not { Count: <= MaxDimensions } sizes
            || TryReadType(typeNode) is not var (type, bigEndian)
            || (NaturalValues.Bytes([content]) ?? BytesOfPython2(content)) is not { } bytes)
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

        return new NumpyArray(type, shape, columnMajor, bigEndian, bytes);
    }

    /// <summary>Python 2 has one type for texts and bytes; what is valid UTF-8 was taken for a text.</summary>
    private static byte[]? BytesOfPython2(PickleNode content) =>
        content is PickleScalar { Value: string text } ? Encoding.UTF8.GetBytes(text) : null;

    /// <summary>A scalar: <c>scalar(dtype, bytes)</c>; null when it is none or of a type without a .NET equal.</summary>
    public static object? TryReadScalar(PickleObject made)
    {
        if (made.CallableName is not { } name
            || !IsMultiarray(name, "scalar")
            || made.ArgumentList is not [var typeNode, var content]
            || TryReadType(typeNode) is not var (type, bigEndian)
            || NaturalValues.Bytes([content]) is not { } bytes
            || bytes.Length != type.ByteSize)
        {
            return null;
        }

        bytes = [.. bytes];
        if (bigEndian)
        {
            ElementBits.ReverseByteOrder(bytes, type);
        }

        return NumpyScalars.Read(type, bytes);
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

    private static bool IsMultiarray(string name, string member) =>
        name == $"numpy.core.multiarray.{member}" || name == $"numpy._core.multiarray.{member}";
}

using LowMem.Checkpoints.Formats.PyTorch.Tensors;

namespace LowMem.Checkpoints;

/// <summary>The storage classes that name an element type in a persistent id.</summary>
internal static class StorageClasses
{
    /// <summary>
    /// The element type of a storage class. Null with a true result for an untyped storage, whose elements are bytes
    /// and whose tensors state their type themselves.
    /// </summary>
    /// <param name="fullName">Such as <c>torch.FloatStorage</c> or <c>torch.cuda.HalfStorage</c>.</param>
    /// <param name="type">The element type, or null.</param>
    public static bool TryGetElementType(string fullName, out DType? type)
    {
        type = null;
        if (fullName is "torch.UntypedStorage" or "torch.storage.UntypedStorage" or "torch.storage._UntypedStorage")
        {
            return true;
        }

        if (fullName.Length > RebuildArguments.LongestName)
        {
            return false;
        }

        int dot = fullName.LastIndexOf('.');
        if (dot < 0 || fullName.AsSpan(0, dot) is not ("torch" or "torch.cuda" or "torch.storage"))
        {
            return false;
        }

        string? name = fullName.AsSpan(dot + 1) switch
        {
            "DoubleStorage" => "float64",
            "FloatStorage" => "float32",
            "HalfStorage" => "float16",
            "BFloat16Storage" => "bfloat16",
            "LongStorage" => "int64",
            "IntStorage" => "int32",
            "ShortStorage" => "int16",
            "CharStorage" => "int8",
            "ByteStorage" => "uint8",
            "BoolStorage" => "bool",
            "ComplexFloatStorage" => "complex64",
            "ComplexDoubleStorage" => "complex128",
            "QInt8Storage" => "qint8",
            "QUInt8Storage" => "quint8",
            "QInt32Storage" => "qint32",
            "QUInt4x2Storage" => "quint4x2",
            "QUInt2x4Storage" => "quint2x4",
            _ => null,
        };
        if (name is not null)
        {
            type = DType.Get(name);
        }

        return name is not null;
    }

    public static bool IsStorageClass(string fullName) => TryGetElementType(fullName, out _);
}

namespace LowMem.Checkpoints.Formats.PyTorch.Zip;

/// <summary>How torch.save names the type of the elements: by the class of their storage, or, of types that have none, by the type itself.</summary>
internal static class TorchDTypes
{
    /// <summary>The class of the storage, without <c>torch.</c> in front; null when the type has none.</summary>
    public static string? FindStorageClass(DType type) => type.Name switch
    {
        "float64" => "DoubleStorage",
        "float32" => "FloatStorage",
        "float16" => "HalfStorage",
        "bfloat16" => "BFloat16Storage",
        "int64" => "LongStorage",
        "int32" => "IntStorage",
        "int16" => "ShortStorage",
        "int8" => "CharStorage",
        "uint8" => "ByteStorage",
        "bool" => "BoolStorage",
        "complex64" => "ComplexFloatStorage",
        "complex128" => "ComplexDoubleStorage",
        _ => null,
    };

    /// <summary>Whether a tensor of the type can be written.</summary>
    public static bool CanWrite(DType type) => FindStorageClass(type) is not null || type.Name is "complex32" or "uint16" or "uint32" or "uint64"
        or "float8_e4m3fn" or "float8_e5m2" or "float8_e4m3fnuz" or "float8_e5m2fnuz" or "float8_e8m0fnu" or "float4_e2m1fn_x2";
}

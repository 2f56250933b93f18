namespace LowMem.Checkpoints.Formats.PyTorch.Exported;

/// <summary>The numbers of element types in the JSON of exported programs: <c>ScalarType</c> of torch/_export/serde/schema.py.</summary>
internal static class ScalarTypes
{
    public static DType? Find(long number)
    {
        string? name = number switch
        {
            1 => "uint8",
            2 => "int8",
            3 => "int16",
            4 => "int32",
            5 => "int64",
            6 => "float16",
            7 => "float32",
            8 => "float64",
            9 => "complex32",
            10 => "complex64",
            11 => "complex128",
            12 => "bool",
            13 => "bfloat16",
            28 => "uint16",
            29 => "float8_e4m3fn",
            30 => "float8_e5m2",
            31 => "float8_e4m3fnuz",
            32 => "float8_e5m2fnuz",
            _ => null,
        };
        return name is null ? null : DType.Get(name);
    }
}

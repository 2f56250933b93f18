namespace LowMem.Checkpoints.Formats.Safetensors;

/// <summary>The names of element types in a safetensors header.</summary>
internal static class SafetensorsDTypes
{
    /// <summary>In the order of the reference implementation, by which it sorts tensors: the widest last.</summary>
    private static readonly (string Code, string Name)[] All =
    [
        ("BOOL", "bool"),
        ("F4", "float4_e2m1fn"),
        ("F6_E2M3", "float6_e2m3fn"),
        ("F6_E3M2", "float6_e3m2fn"),
        ("U8", "uint8"),
        ("I8", "int8"),
        ("F8_E5M2", "float8_e5m2"),
        ("F8_E4M3", "float8_e4m3fn"),
        ("F8_E8M0", "float8_e8m0fnu"),
        ("F8_E4M3FNUZ", "float8_e4m3fnuz"),
        ("F8_E5M2FNUZ", "float8_e5m2fnuz"),
        ("I16", "int16"),
        ("U16", "uint16"),
        ("F16", "float16"),
        ("BF16", "bfloat16"),
        ("I32", "int32"),
        ("U32", "uint32"),
        ("F32", "float32"),
        ("C64", "complex64"),
        ("F64", "float64"),
        ("I64", "int64"),
        ("U64", "uint64"),
    ];

    private static readonly Dictionary<string, DType> ByCode =
        All.ToDictionary(item => item.Code, item => DType.Get(item.Name), StringComparer.Ordinal);

    private static readonly Dictionary<DType, int> Ranks =
        All.Index().ToDictionary(item => DType.Get(item.Item.Name), item => item.Index);

    public static DType? Find(string code) => ByCode.GetValueOrDefault(code);

    /// <summary>The name of a type in the header; null when the format has none.</summary>
    public static string? FindCode(DType type) => Ranks.TryGetValue(type, out int rank) ? All[rank].Code : null;

    /// <summary>The place of a type in the order by which tensors are sorted; it has to be one of the format.</summary>
    public static int GetRank(DType type) => Ranks[type];
}

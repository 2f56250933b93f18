using LowMem.Checkpoints;
using static TorchSharp.torch;

namespace LowMem.Loader.Modules;

/// <summary>PyTorch's names of element types, and torch's codes for them.</summary>
/// <remarks>
/// The codes are those of <c>c10/core/ScalarType.h</c>. TorchSharp declares only some of them, but hands any code
/// through to libtorch.
/// </remarks>
internal static class ScalarTypes
{
    // Codes as numbers: a dictionary of them comes compiled, one of TorchSharp's type is compiled at the first load.
    private static readonly Dictionary<string, int> ByName = new(StringComparer.Ordinal)
    {
        ["uint8"] = (int)ScalarType.Byte,
        ["int8"] = (int)ScalarType.Int8,
        ["int16"] = (int)ScalarType.Int16,
        ["int32"] = (int)ScalarType.Int32,
        ["int64"] = (int)ScalarType.Int64,
        ["float16"] = (int)ScalarType.Float16,
        ["float32"] = (int)ScalarType.Float32,
        ["float64"] = (int)ScalarType.Float64,
        ["complex32"] = 8,
        ["complex64"] = (int)ScalarType.ComplexFloat32,
        ["complex128"] = (int)ScalarType.ComplexFloat64,
        ["bool"] = (int)ScalarType.Bool,
        ["qint8"] = (int)ScalarType.QInt8,
        ["quint8"] = (int)ScalarType.QUInt8,
        ["qint32"] = (int)ScalarType.QInt32,
        ["bfloat16"] = (int)ScalarType.BFloat16,
        ["quint4x2"] = 16,
        ["quint2x4"] = 17,
        ["float8_e5m2"] = 23,
        ["float8_e4m3fn"] = 24,
        ["float8_e5m2fnuz"] = 25,
        ["float8_e4m3fnuz"] = 26,
        ["uint16"] = 27,
        ["uint32"] = 28,
        ["uint64"] = 29,
        ["float8_e8m0fnu"] = 44,
        ["float4_e2m1fn_x2"] = 45,
    };

    private static readonly string?[] ByCode = GetNames();

    /// <summary>The names that torch has a code for.</summary>
    public static IEnumerable<string> Names => ByName.Keys;

    /// <summary>Finds torch's code; null for a name that torch has no element type for.</summary>
    public static ScalarType? Find(string name) => ByName.TryGetValue(name, out var code) ? (ScalarType)code : null;

    /// <summary>PyTorch's name of a code, such as <c>float32</c>.</summary>
    public static string GetName(ScalarType type) => FindName(type) ?? $"scalar_type_{(int)type}";

    /// <summary>Whether tensors of the type can carry a gradient.</summary>
    public static bool CanRequireGrad(ScalarType type) =>
        FindName(type) is { } name && DType.Get(name).Kind is DTypeKind.Floating or DTypeKind.Complex;

    private static string? FindName(ScalarType type) =>
        (int)type >= 0 && (int)type < ByCode.Length ? ByCode[(int)type] : null;

    private static string?[] GetNames()
    {
        var names = new string?[sbyte.MaxValue + 1];
        foreach (var (name, code) in ByName)
        {
            names[code] = name;
        }

        return names;
    }
}

using System.Collections.Frozen;
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
    private static readonly FrozenDictionary<string, ScalarType> ByName = new Dictionary<string, ScalarType>
    {
        ["uint8"] = ScalarType.Byte,
        ["int8"] = ScalarType.Int8,
        ["int16"] = ScalarType.Int16,
        ["int32"] = ScalarType.Int32,
        ["int64"] = ScalarType.Int64,
        ["float16"] = ScalarType.Float16,
        ["float32"] = ScalarType.Float32,
        ["float64"] = ScalarType.Float64,
        ["complex32"] = (ScalarType)8,
        ["complex64"] = ScalarType.ComplexFloat32,
        ["complex128"] = ScalarType.ComplexFloat64,
        ["bool"] = ScalarType.Bool,
        ["qint8"] = ScalarType.QInt8,
        ["quint8"] = ScalarType.QUInt8,
        ["qint32"] = ScalarType.QInt32,
        ["bfloat16"] = ScalarType.BFloat16,
        ["quint4x2"] = (ScalarType)16,
        ["quint2x4"] = (ScalarType)17,
        ["float8_e5m2"] = (ScalarType)23,
        ["float8_e4m3fn"] = (ScalarType)24,
        ["float8_e5m2fnuz"] = (ScalarType)25,
        ["float8_e4m3fnuz"] = (ScalarType)26,
        ["uint16"] = (ScalarType)27,
        ["uint32"] = (ScalarType)28,
        ["uint64"] = (ScalarType)29,
        ["float8_e8m0fnu"] = (ScalarType)44,
        ["float4_e2m1fn_x2"] = (ScalarType)45,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<ScalarType, string> ByCode =
        ByName.ToFrozenDictionary(entry => entry.Value, entry => entry.Key);

    /// <summary>The names that torch has a code for.</summary>
    public static IEnumerable<string> Names => ByName.Keys;

    /// <summary>Finds torch's code; null for a name that torch has no element type for.</summary>
    public static ScalarType? Find(string name) => ByName.TryGetValue(name, out var type) ? type : null;

    /// <summary>PyTorch's name of a code, such as <c>float32</c>.</summary>
    public static string GetName(ScalarType type) =>
        ByCode.TryGetValue(type, out var name) ? name : $"scalar_type_{(int)type}";

    /// <summary>Whether tensors of the type can carry a gradient.</summary>
    public static bool CanRequireGrad(ScalarType type) =>
        ByCode.TryGetValue(type, out var name)
        && DType.Get(name).Kind is DTypeKind.Floating or DTypeKind.Complex;
}

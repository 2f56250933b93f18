using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace LowMem.Checkpoints.Values.Elements;

/// <summary>
/// A floating-point format of 16 bits or fewer: how its codes become float32 and, where PyTorch writes it, float32 its codes.
/// Every number of such a format is a float32; the other way is rounded to the nearest, ties to even.
/// </summary>
/// <remarks>
/// Formats, and what becomes of NaN and of what is too large, as in PyTorch: c10/util/Half.h, BFloat16.h, Float8_*.h; those of
/// six and four bits are those of the OCP Microscaling specification 1.0.
/// </remarks>
internal sealed class SmallFloat
{
    private const int SingleMantissaBits = 23;
    private const int SingleBias = 127;
    private const uint SignBit = 0x80000000;
    private const uint Infinity = 0x7f800000;

    private static readonly FrozenDictionary<string, SmallFloat> Formats = new SmallFloat[]
    {
        new("float16", 16, mantissaBits: 10, bias: 15) { InfinityCode = 0x7c00, NaNCode = 0x7e00 },
        new("bfloat16", 16, mantissaBits: 7, bias: 127) { InfinityCode = 0x7f80, NaNCode = 0x7fc0, KeepsNaNSign = false },
        new("float8_e5m2", 8, mantissaBits: 2, bias: 15) { InfinityCode = 0x7c, NaNCode = 0x7f },
        new("float8_e4m3fn", 8, mantissaBits: 3, bias: 7) { NaNCode = 0x7f },
        new("float8_e5m2fnuz", 8, mantissaBits: 2, bias: 16) { NaNCode = 0x80, IsUnsignedZero = true },
        new("float8_e4m3fnuz", 8, mantissaBits: 3, bias: 8) { NaNCode = 0x80, IsUnsignedZero = true },
        new("float6_e2m3fn", 6, mantissaBits: 3, bias: 1),
        new("float6_e3m2fn", 6, mantissaBits: 2, bias: 3),
        new("float4_e2m1fn", 4, mantissaBits: 1, bias: 1),
    }.ToFrozenDictionary(format => format.name, StringComparer.Ordinal);

    private readonly string name;
    private readonly int mantissaBits;
    private readonly int bias;

    private SmallFloat(string name, int bits, int mantissaBits, int bias)
    {
        this.name = name;
        Bits = bits;
        this.mantissaBits = mantissaBits;
        this.bias = bias;
    }

    /// <summary>The bits of a code.</summary>
    public int Bits { get; }

    /// <summary>The code of positive infinity; null where there is none, and what is too large is NaN.</summary>
    private uint? InfinityCode { get; init; }

    /// <summary>The code that NaN becomes; null where there is none.</summary>
    private uint? NaNCode { get; init; }

    /// <summary>Whether a NaN keeps its sign.</summary>
    private bool KeepsNaNSign { get; init; } = true;

    /// <summary>Whether the code of a negative zero is NaN, so that zero has no sign.</summary>
    private bool IsUnsignedZero { get; init; }

    /// <summary>Finds a format by PyTorch's name of the element type; null for others.</summary>
    public static SmallFloat? Find(string name) => Formats.GetValueOrDefault(name);

    /// <summary>The number that a code stands for.</summary>
    public float Decode(uint code)
    {
        uint magnitude = code & ((1u << (Bits - 1)) - 1);
        uint sign = (code >> (Bits - 1)) << 31;
        if (IsNaN(code, magnitude))
        {
            return BitConverter.UInt32BitsToSingle(sign | Infinity | (InfinityCode is null ? 0x400000 : magnitude << (SingleMantissaBits - mantissaBits)));
        }

        float value = magnitude == InfinityCode
            ? float.PositiveInfinity
            : BitConverter.UInt32BitsToSingle(magnitude << (SingleMantissaBits - mantissaBits)) * Scale(SingleBias - bias);
        return sign == 0 ? value : -value;
    }

    /// <summary>The codes of numbers, rounded to the nearest, ties to even; one to each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<uint> Encode(Vector256<float> values)
    {
        int shift = SingleMantissaBits - mantissaBits;
        uint smallestNormal = (uint)(SingleBias - bias + 1) << SingleMantissaBits;
        var bits = values.AsUInt32();
        var sign = bits & Vector256.Create(SignBit);
        var magnitude = bits ^ sign;

        // Half of what is cut off is added first, and one less where the last bit that stays is even.
        var lastBit = Vector256.ShiftRightLogical(magnitude, shift) & Vector256<uint>.One;
        var rounded = magnitude + Vector256.Create((1u << (shift - 1)) - 1) + lastBit;
        var normal = Vector256.ShiftRightLogical(rounded - Vector256.Create((uint)(SingleBias - bias) << SingleMantissaBits), shift);
        if (bias != SingleBias)
        {
            // To add a number whose last bit is the smallest step of the format rounds to that step.
            var step = Vector256.Create((uint)(SingleBias - bias + 1 + shift) << SingleMantissaBits);
            var subnormal = (magnitude.AsSingle() + step.AsSingle()).AsUInt32() - step;
            normal = Vector256.ConditionalSelect(Vector256.LessThan(magnitude, Vector256.Create(smallestNormal)), subnormal, normal);
        }

        uint tooLarge = InfinityCode ?? NaNCode!.Value;
        var result = Vector256.Min(normal, Vector256.Create(tooLarge));

        // In wider formats the exponent may have wrapped around: what is far too large is found by itself.
        uint limit = (uint)(SingleBias - bias + (1 << (Bits - 1 - mantissaBits))) << SingleMantissaBits;
        if (bias != SingleBias)
        {
            result = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(limit)), Vector256.Create(tooLarge), result);
        }

        var isNaN = Vector256.GreaterThan(magnitude, Vector256.Create(Infinity));
        result = Vector256.ConditionalSelect(isNaN, Vector256.Create(NaNCode!.Value), result);
        var shiftedSign = Vector256.ShiftRightLogical(sign, 32 - Bits);
        if (!KeepsNaNSign)
        {
            shiftedSign = Vector256.AndNot(shiftedSign, isNaN);
        }

        if (IsUnsignedZero)
        {
            shiftedSign = Vector256.AndNot(shiftedSign, Vector256.Equals(result, Vector256<uint>.Zero));
        }

        return result | shiftedSign;
    }

    /// <summary>The numbers that 16-bit codes stand for, one in each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Decode(Vector256<uint> codes)
    {
        var sign = Vector256.ShiftLeft(codes & Vector256.Create(0x8000u), 16);
        var bits = Vector256.ShiftLeft(codes & Vector256.Create(0x7fffu), SingleMantissaBits - mantissaBits);
        if (bias == SingleBias)
        {
            return (bits | sign).AsSingle();
        }

        var scaled = (bits.AsSingle() * Vector256.Create(Scale(SingleBias - bias))).AsUInt32();
        var isNoNumber = Vector256.GreaterThanOrEqual(codes & Vector256.Create(0x7fffu), Vector256.Create(InfinityCode!.Value));
        return (scaled | sign | (isNoNumber & Vector256.Create(Infinity))).AsSingle();
    }

    private static float Scale(int exponent) => BitConverter.UInt32BitsToSingle((uint)(SingleBias + exponent) << SingleMantissaBits);

    private bool IsNaN(uint code, uint magnitude) =>
        IsUnsignedZero ? code == NaNCode : InfinityCode is { } infinity ? magnitude > infinity : magnitude == NaNCode;
}

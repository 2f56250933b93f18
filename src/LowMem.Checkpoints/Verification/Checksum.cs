using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LowMem.Checkpoints.Verification;

/// <summary>The CRC-32 of bytes that come in blocks.</summary>
/// <remarks>
/// System.IO.Hashing folds 128 bits at a time, which is slower than memory delivers. Where the processor multiplies
/// 256 bits at a time (VPCLMULQDQ), whole lines of 256 bytes are folded here: "Fast CRC Computation for Generic
/// Polynomials Using PCLMULQDQ Instruction" (Intel, 2009). What is left over goes to System.IO.Hashing.
/// </remarks>
internal sealed class Checksum
{
    private const int Lanes = 8;
    private const int LineLength = Lanes * 32;
    private const int ResidueLength = 16;

    // By how many bits a fold moves a value: to the next line, to the next lane, to the next half of a lane.
    private static readonly Vector256<ulong> ToNextLine = FoldBy(LineLength * 8);
    private static readonly Vector256<ulong> ToNextLane = FoldBy(256);
    private static readonly Vector128<ulong> ToNextHalf = FoldBy(128).GetLower();
    private static readonly uint OfZeros = Crc32.HashToUInt32(stackalloc byte[ResidueLength]);

    // As zip defines it: all ones at the start, and inverted at the end.
    private uint state = uint.MaxValue;

    /// <summary>The checksum of all bytes so far.</summary>
    public uint Value => ~state;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (Pclmulqdq.V256.IsSupported && bytes.Length >= 2 * LineLength)
        {
            var lines = bytes[..(bytes.Length - (bytes.Length % LineLength))];
            state = Fold(MemoryMarshal.Cast<byte, Vector256<ulong>>(lines), state);
            bytes = bytes[lines.Length..];
        }

        if (!bytes.IsEmpty)
        {
            state = ~Crc32Arithmetic.Combine(Value, Crc32.HashToUInt32(bytes), bytes.Length);
        }
    }

    // Optimised at once: by the time the runtime would get to it, gigabytes have gone through the slow version.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint Fold(ReadOnlySpan<Vector256<ulong>> lanes, uint state)
    {
        // The state so far is added to the first bits: from then on it is as if it had been part of the data.
        var a = lanes[0] ^ Vector256.CreateScalar((ulong)state);
        var b = lanes[1];
        var c = lanes[2];
        var d = lanes[3];
        var e = lanes[4];
        var f = lanes[5];
        var g = lanes[6];
        var h = lanes[7];
        var toNextLine = ToNextLine;
        for (lanes = lanes[Lanes..]; lanes.Length >= Lanes; lanes = lanes[Lanes..])
        {
            a = Move(a, toNextLine) ^ lanes[0];
            b = Move(b, toNextLine) ^ lanes[1];
            c = Move(c, toNextLine) ^ lanes[2];
            d = Move(d, toNextLine) ^ lanes[3];
            e = Move(e, toNextLine) ^ lanes[4];
            f = Move(f, toNextLine) ^ lanes[5];
            g = Move(g, toNextLine) ^ lanes[6];
            h = Move(h, toNextLine) ^ lanes[7];
        }

        ReadOnlySpan<Vector256<ulong>> rest = [b, c, d, e, f, g, h];
        foreach (var lane in rest)
        {
            a = Move(a, ToNextLane) ^ lane;
        }

        var half = a.GetLower();
        var residue = Pclmulqdq.CarrylessMultiply(half, ToNextHalf, 0x00)
            ^ Pclmulqdq.CarrylessMultiply(half, ToNextHalf, 0x11)
            ^ a.GetUpper();

        // The same remainder as all of the data, when the state before it is zero instead of all ones.
        Span<byte> bytes = stackalloc byte[ResidueLength];
        residue.AsByte().CopyTo(bytes);
        return Crc32.HashToUInt32(bytes) ^ OfZeros;
    }

    private static Vector256<ulong> Move(Vector256<ulong> value, Vector256<ulong> distance) =>
        Pclmulqdq.V256.CarrylessMultiply(value, distance, 0x00) ^ Pclmulqdq.V256.CarrylessMultiply(value, distance, 0x11);

    /// <summary>What the low and the high half of 128 bits are multiplied by to be moved by so many bits.</summary>
    private static Vector256<ulong> FoldBy(int bits) => Vector256.Create(Vector128.Create(
        (ulong)Crc32Arithmetic.PowerOfX(bits + 32) << 1, (ulong)Crc32Arithmetic.PowerOfX(bits - 32) << 1));
}

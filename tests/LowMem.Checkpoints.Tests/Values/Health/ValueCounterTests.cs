using System.Buffers.Binary;
using LowMem.Checkpoints.Values.Health;

namespace LowMem.Checkpoints.Tests.Values.Health;

public sealed class ValueCounterTests
{
    private enum Kind
    {
        NaN,
        Infinite,
        Zero,
        Denormal,
        Normal,
    }

    [Fact]
    public void TellsEveryHalf() =>
        Check("float16", 2, AllPatterns16(), bits => Classify((double)BitConverter.UInt16BitsToHalf((ushort)bits), 6.103515625e-05));

    [Fact]
    public void TellsEveryBFloat16() =>
        Check("bfloat16", 2, AllPatterns16(), bits => Classify(BitConverter.UInt32BitsToSingle((uint)bits << 16), 1.17549435e-38f));

    [Fact]
    public void TellsSingles() =>
        Check("float32", 4, Patterns(32), bits => Classify(BitConverter.UInt32BitsToSingle((uint)bits), 1.17549435e-38f));

    [Fact]
    public void TellsDoubles() =>
        Check("float64", 8, Patterns(64), bits => Classify(BitConverter.UInt64BitsToDouble(bits), 2.2250738585072014e-308));

    // Sign, exponent of four bits with bias 7, three bits; S.1111.111 is NaN and there is no infinity.
    [Fact]
    public void TellsEveryFloat8E4M3FN() => Check("float8_e4m3fn", 1, AllPatterns8(), bits => (bits & 0x7f) switch
    {
        0x7f => Kind.NaN,
        0 => Kind.Zero,
        < 8 => Kind.Denormal,
        _ => Kind.Normal,
    });

    // A half cut to its first byte.
    [Fact]
    public void TellsEveryFloat8E5M2() => Check(
        "float8_e5m2", 1, AllPatterns8(), bits => Classify((double)BitConverter.UInt16BitsToHalf((ushort)(bits << 8)), 6.103515625e-05));

    // "fnuz": no negative zero; its pattern is the only NaN.
    [Theory]
    [InlineData("float8_e4m3fnuz", 8)]
    [InlineData("float8_e5m2fnuz", 4)]
    public void TellsEveryFloat8WithoutNegativeZero(string type, int firstNormal) => Check(type, 1, AllPatterns8(), bits => bits switch
    {
        0x80 => Kind.NaN,
        0 => Kind.Zero,
        _ => (int)(bits & 0x7f) < firstNormal ? Kind.Denormal : Kind.Normal,
    });

    [Fact]
    public void TellsEveryExponent() =>
        Check("float8_e8m0fnu", 1, AllPatterns8(), bits => bits == 0xff ? Kind.NaN : Kind.Normal);

    [Fact]
    public void CountsBothNumbersOfAByte()
    {
        byte[] bytes = [0x00, 0x10, 0x8f, 0x99];

        Assert.Equal(new ValueCounts(8, 0, 0, 4, 3, -1), ValueCounter.Count(DType.Get("float4_e2m1fn_x2"), bytes));
    }

    [Theory]
    [InlineData("complex32", 2)]
    [InlineData("complex64", 4)]
    [InlineData("complex128", 8)]
    public void CountsBothPartsOfAComplexNumber(string type, int size)
    {
        var bytes = new byte[size * 2 * 3];
        bytes.AsSpan(size * 3, size).Fill(0xff);
        bytes[0] = 1;

        Assert.Equal(new ValueCounts(6, 1, 0, 4, 1, 3), ValueCounter.Count(DType.Get(type), bytes));
    }

    [Fact]
    public void CountsManyWithoutOverflow()
    {
        // Lanes of one byte would overflow after 127 hits.
        var zeros = new byte[1_000_003];
        byte[] nans = [.. Enumerable.Repeat((byte)0x7f, 1_000_003)];

        Assert.Equal(zeros.Length, ValueCounter.Count(DType.Get("float8_e4m3fn"), zeros).Zero);
        Assert.Equal(nans.Length, ValueCounter.Count(DType.Get("float8_e4m3fn"), nans).NaN);
        Assert.Equal(0, ValueCounter.Count(DType.Get("float8_e4m3fn"), nans).FirstNonFinite);
    }

    [Fact]
    public void CanCountEveryWholeByteFloat()
    {
        foreach (var type in DType.All.Where(type => type.Kind is DTypeKind.Floating or DTypeKind.Complex && type.BitSize % 8 == 0))
        {
            Assert.True(ValueCounter.CanCount(type));
            Assert.Equal(
                ValueCounter.NumbersPerElement(type) * 5, ValueCounter.Count(type, new byte[5 * type.ByteSize]).Numbers);
        }

        Assert.False(ValueCounter.CanCount(DType.Get("int64")));
        Assert.False(ValueCounter.CanCount(DType.Get("float6_e2m3fn")));
    }

    private static IEnumerable<ulong> AllPatterns8() => Enumerable.Range(0, 256).Select(bits => (ulong)bits);

    private static IEnumerable<ulong> AllPatterns16() => Enumerable.Range(0, 65536).Select(bits => (ulong)bits);

    /// <summary>Around every border between kinds, and random ones of all magnitudes.</summary>
    private static IEnumerable<ulong> Patterns(int bits)
    {
        int mantissa = bits == 32 ? 23 : 52;
        ulong sign = 1UL << (bits - 1);
        ulong infinity = (sign - 1) >> mantissa << mantissa;
        foreach (ulong border in new[] { 0UL, 1UL << mantissa, infinity, sign - 1 })
        {
            foreach (ulong near in new[] { unchecked(border - 1), border, border + 1 }.Where(near => near < sign))
            {
                yield return near;
                yield return near | sign;
            }
        }

        var random = new Random(bits);
        for (int i = 0; i < 10_007; i++)
        {
            ulong value = unchecked((ulong)random.NextInt64(long.MinValue, long.MaxValue)) >> (64 - bits);
            yield return random.Next(4) == 0 ? value >> random.Next(bits) : value;
        }
    }

    private static Kind Classify(double value, double smallestNormal) =>
        double.IsNaN(value) ? Kind.NaN
        : double.IsInfinity(value) ? Kind.Infinite
        : value == 0 ? Kind.Zero
        : Math.Abs(value) < smallestNormal ? Kind.Denormal
        : Kind.Normal;

    private static void Check(string type, int size, IEnumerable<ulong> patterns, Func<ulong, Kind> classify)
    {
        ulong[] all = [.. patterns];
        var bytes = new byte[all.Length * size];
        Span<byte> number = stackalloc byte[8];
        for (int i = 0; i < all.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(number, all[i]);
            number[..size].CopyTo(bytes.AsSpan(i * size));
        }

        // Every length up to two vectors, so that no remainder is forgotten, and all of it.
        foreach (int count in Enumerable.Range(0, 130).Append(all.Length))
        {
            foreach (int start in new[] { 0, Math.Max(0, all.Length - count) })
            {
                Kind[] kinds = [.. all.AsSpan(start, Math.Min(count, all.Length)).ToArray().Select(classify)];
                var expected = new ValueCounts(
                    kinds.Length,
                    kinds.Count(kind => kind == Kind.NaN),
                    kinds.Count(kind => kind == Kind.Infinite),
                    kinds.Count(kind => kind == Kind.Zero),
                    kinds.Count(kind => kind == Kind.Denormal),
                    Array.FindIndex(kinds, kind => kind is Kind.NaN or Kind.Infinite));

                Assert.Equal(expected, ValueCounter.Count(DType.Get(type), bytes.AsSpan(start * size, kinds.Length * size)));
            }
        }
    }
}

using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LowMem.Checkpoints.Values.Elements;

/// <summary>
/// Turns little-endian elements of one type into those of another, as <c>Tensor.to</c> of PyTorch does: rounded to the nearest,
/// ties to even; NaN and infinity as each type has them. A complex element is two numbers.
/// </summary>
internal static class ElementConverter
{
    /// <summary>How many numbers are converted at a time where that goes by way of float32.</summary>
    private const int Chunk = 1024;

    /// <summary>The float32 of every code of the types of eight bits and fewer.</summary>
    private static readonly Dictionary<string, float[]> Tables = MakeTables();

    /// <summary>Whether numbers of the type can be read.</summary>
    public static bool CanRead(DType type) => NumberType(type) is not "quint4x2" and not "quint2x4";

    /// <summary>Whether numbers can be written as that type: floating-point types of whole bytes, one number to an element.</summary>
    public static bool CanWrite(DType type) => type.Name is "float64" or "float32" or "float16" or "bfloat16" or "float8_e8m0fnu"
        || (SmallFloat.Find(type.Name) is { Bits: 8 });

    /// <summary>How many numbers so many bytes of elements are.</summary>
    /// <param name="type">The type of the elements.</param>
    /// <param name="byteLength">Whole elements; of elements smaller than a byte, whole bytes.</param>
    public static long CountNumbers(DType type, long byteLength) => NumberBits(type) is var bits && bits >= 8
        ? byteLength / (bits / 8)
        : (long)((Int128)byteLength * 8 / bits);

    /// <summary>The numbers of elements as float64; exact for all types but 64-bit integers beyond 2^53.</summary>
    /// <param name="type">A type that can be read.</param>
    /// <param name="elements">Whole elements.</param>
    /// <param name="numbers">As many as the elements have, or fewer of elements smaller than a byte.</param>
    public static void ToDouble(DType type, ReadOnlySpan<byte> elements, Span<double> numbers)
    {
        switch (NumberType(type))
        {
            case "float64": MemoryMarshal.Cast<byte, double>(elements)[..numbers.Length].CopyTo(numbers); break;
            case "int64": Convert<long>(elements, numbers); break;
            case "uint64": Convert<ulong>(elements, numbers); break;
            case "int32" or "qint32": Convert<int>(elements, numbers); break;
            case "uint32": Convert<uint>(elements, numbers); break;
            default:
                Span<float> singles = stackalloc float[Chunk];
                int bits = NumberBits(type);
                for (int done = 0; done < numbers.Length; done += Chunk)
                {
                    var part = singles[..Math.Min(Chunk, numbers.Length - done)];
                    ToSingle(type, elements[(int)((long)done * bits / 8)..], part);
                    Widen(part, numbers[done..]);
                }

                break;
        }
    }

    /// <summary>The numbers of elements as float32; exact for floating-point types of 32 bits and fewer and for small integers.</summary>
    /// <param name="type">A type that can be read.</param>
    /// <param name="elements">Whole elements.</param>
    /// <param name="numbers">As many as the elements have, or fewer of elements smaller than a byte.</param>
    public static void ToSingle(DType type, ReadOnlySpan<byte> elements, Span<float> numbers)
    {
        string name = NumberType(type);
        switch (name)
        {
            case "float32": MemoryMarshal.Cast<byte, float>(elements)[..numbers.Length].CopyTo(numbers); break;
            case "float64": Convert<double>(elements, numbers); break;
            case "float16" or "bfloat16": FromCodes16(SmallFloat.Find(name)!, MemoryMarshal.Cast<byte, ushort>(elements), numbers); break;
            case "int64": Convert<long>(elements, numbers); break;
            case "uint64": Convert<ulong>(elements, numbers); break;
            case "int32" or "qint32": Convert<int>(elements, numbers); break;
            case "uint32": Convert<uint>(elements, numbers); break;
            case "int16": Convert<short>(elements, numbers); break;
            case "uint16": Convert<ushort>(elements, numbers); break;
            default: FromTable(Tables[name], NumberBits(type), elements, numbers); break;
        }
    }

    /// <summary>Writes numbers as elements of a type.</summary>
    /// <param name="numbers">The numbers.</param>
    /// <param name="type">A type that can be written.</param>
    /// <param name="elements">As many elements as there are numbers.</param>
    public static void FromSingle(ReadOnlySpan<float> numbers, DType type, Span<byte> elements)
    {
        switch (type.Name)
        {
            case "float32": MemoryMarshal.AsBytes(numbers).CopyTo(elements); break;
            case "float64": Widen(numbers, MemoryMarshal.Cast<byte, double>(elements)); break;
            case "float8_e8m0fnu": ToPowers(numbers, elements); break;
            default: ToCodes(SmallFloat.Find(type.Name)!, numbers, elements); break;
        }
    }

    /// <summary>Turns elements of one type into those of another.</summary>
    /// <param name="from">A type that can be read.</param>
    /// <param name="source">Whole elements.</param>
    /// <param name="to">A type that can be written.</param>
    /// <param name="destination">As many elements as the source has numbers.</param>
    public static void Convert(DType from, ReadOnlySpan<byte> source, DType to, Span<byte> destination)
    {
        if (from == to)
        {
            source.CopyTo(destination);
            return;
        }

        if (to.Name == "float64")
        {
            ToDouble(from, source, MemoryMarshal.Cast<byte, double>(destination));
            return;
        }

        // PyTorch goes by way of float32, too, where a float64 becomes something smaller.
        Span<float> singles = stackalloc float[Chunk];
        int bits = NumberBits(from);
        int count = destination.Length / to.ByteSize;
        for (int done = 0; done < count; done += Chunk)
        {
            var part = singles[..Math.Min(Chunk, count - done)];
            ToSingle(from, source[(int)((long)done * bits / 8)..], part);
            FromSingle(part, to, destination.Slice(done * to.ByteSize, part.Length * to.ByteSize));
        }
    }

    /// <summary>The type of the numbers that elements are made of.</summary>
    private static string NumberType(DType type) => type.Name switch
    {
        "complex128" => "float64",
        "complex64" => "float32",
        "complex32" => "float16",
        "float4_e2m1fn_x2" => "float4_e2m1fn",
        "qint8" => "int8",
        "quint8" => "uint8",
        var name => name,
    };

    private static int NumberBits(DType type) =>
        type.Kind == DTypeKind.Complex || type.Name == "float4_e2m1fn_x2" ? type.BitSize / 2 : type.BitSize;

    private static void Convert<T>(ReadOnlySpan<byte> elements, Span<double> numbers)
        where T : unmanaged, INumberBase<T>
    {
        var source = MemoryMarshal.Cast<byte, T>(elements);
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = double.CreateTruncating(source[i]);
        }
    }

    private static void Convert<T>(ReadOnlySpan<byte> elements, Span<float> numbers)
        where T : unmanaged, INumberBase<T>
    {
        var source = MemoryMarshal.Cast<byte, T>(elements);
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = float.CreateTruncating(source[i]);
        }
    }

    private static void Widen(ReadOnlySpan<float> source, Span<double> numbers)
    {
        int i = 0;
        for (; i <= source.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(source[i..]));
            low.CopyTo(numbers[i..]);
            high.CopyTo(numbers[(i + Vector256<double>.Count)..]);
        }

        for (; i < source.Length; i++)
        {
            numbers[i] = source[i];
        }
    }

    private static void FromCodes16(SmallFloat format, ReadOnlySpan<ushort> codes, Span<float> numbers)
    {
        int i = 0;
        for (; i <= numbers.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(codes[i..]));
            format.Decode(low).CopyTo(numbers[i..]);
            format.Decode(high).CopyTo(numbers[(i + Vector256<float>.Count)..]);
        }

        for (; i < numbers.Length; i++)
        {
            numbers[i] = format.Decode(codes[i]);
        }
    }

    /// <summary>Codes smaller than a byte follow each other from the lowest bit on.</summary>
    private static void FromTable(float[] table, int bits, ReadOnlySpan<byte> elements, Span<float> numbers)
    {
        if (bits == 8)
        {
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = table[elements[i]];
            }

            return;
        }

        uint mask = (1u << bits) - 1;
        for (int i = 0; i < numbers.Length; i++)
        {
            long place = (long)i * bits;
            int at = (int)(place / 8);
            uint two = elements[at] | (at + 1 < elements.Length ? (uint)elements[at + 1] << 8 : 0);
            numbers[i] = table[(two >> (int)(place % 8)) & mask];
        }
    }

    private static void ToCodes(SmallFloat format, ReadOnlySpan<float> numbers, Span<byte> elements)
    {
        int size = format.Bits / 8;
        int i = 0;
        Span<float> last = stackalloc float[Vector256<float>.Count];
        Span<byte> lastElements = stackalloc byte[Vector256<float>.Count * size];
        for (; i <= numbers.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Store(format.Encode(Vector256.Create(numbers[i..])), size, elements[(i * size)..]);
        }

        if (i < numbers.Length)
        {
            last.Clear();
            numbers[i..].CopyTo(last);
            Store(format.Encode(Vector256.Create<float>(last)), size, lastElements);
            lastElements[..((numbers.Length - i) * size)].CopyTo(elements[(i * size)..]);
        }
    }

    private static void Store(Vector256<uint> codes, int size, Span<byte> elements)
    {
        var shorts = Vector256.Narrow(codes, codes).GetLower();
        if (size == 2)
        {
            shorts.AsByte().CopyTo(elements);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(elements, Vector128.Narrow(shorts, shorts).GetLower().AsUInt64().ToScalar());
        }
    }

    /// <summary>The exponent alone, the sign left out, as c10/util/Float8_e8m0fnu.h rounds it.</summary>
    private static void ToPowers(ReadOnlySpan<float> numbers, Span<byte> elements)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(numbers[i]);
            uint exponent = (bits >> 23) & 0xff;
            bool isTie = (bits & 0x7fffff) == 0x400000;
            bool roundsUp = exponent != 0xff && (bits & 0x400000) != 0 && (!isTie || exponent > 0);
            elements[i] = (byte)(exponent + (roundsUp ? 1 : 0));
        }
    }

    private static Dictionary<string, float[]> MakeTables()
    {
        var tables = new Dictionary<string, float[]>(StringComparer.Ordinal)
        {
            ["int8"] = [.. Enumerable.Range(0, 256).Select(code => (float)unchecked((sbyte)code))],
            ["uint8"] = [.. Enumerable.Range(0, 256).Select(code => (float)code)],
            ["bool"] = [.. Enumerable.Range(0, 256).Select(code => code == 0 ? 0f : 1f)],
            ["float8_e8m0fnu"] = [.. Enumerable.Range(0, 256).Select(code => code == 255 ? float.NaN : MathF.ScaleB(1, code - 127))],
        };
        foreach (string name in (string[])["float8_e5m2", "float8_e4m3fn", "float8_e5m2fnuz", "float8_e4m3fnuz", "float6_e2m3fn", "float6_e3m2fn", "float4_e2m1fn"])
        {
            var format = SmallFloat.Find(name)!;
            tables.Add(name, [.. Enumerable.Range(0, 1 << format.Bits).Select(code => format.Decode((uint)code))]);
        }

        return tables;
    }
}

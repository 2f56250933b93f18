using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values.Elements;
using LowMem.Checkpoints.Values.Scaled;

namespace LowMem.Checkpoints.Values.Arrays;

/// <summary>
/// Reads a part of a tensor into a .NET array of as many dimensions and of the natural type: of integers, float32 and float64
/// their own, <see cref="bool"/>, <see cref="Complex"/>, and <see cref="float"/> for all smaller floating-point types.
/// </summary>
public static class TensorArray
{
    /// <summary>.NET's arrays have no more dimensions.</summary>
    private const int MostDimensions = 32;

    /// <summary>The elements that are read at a time; whole bytes of elements of any size.</summary>
    private const int BlockCount = 128 << 10;

    /// <summary>Reads it.</summary>
    /// <param name="reader">Reads the tensor.</param>
    /// <param name="view">The part of a tensor, whose <see cref="Statistics.StatisticsScan.DescribeUnreadable"/> is null.</param>
    /// <param name="progress">Told how many bytes have been read; or null.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>An <see cref="Array"/>; of no dimensions, the one value.</returns>
    /// <exception cref="CheckpointException">The values cannot be read, or there are too many for an array.</exception>
    public static object Read(TensorDataReader reader, TensorView view, Action<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(view);
        var type = DType.Get(view.Tensor.DType);
        var array = Create(view.Shape, type, view.Tensor);
        ref byte data = ref MemoryMarshal.GetArrayDataReference(array);
        int size = SizeOf(type);
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)type.GetByteLength(BlockCount));
        try
        {
            for (long done = 0; done < view.ElementCount; done += BlockCount)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int count = (int)Math.Min(BlockCount, view.ElementCount - done);
                long offset = type.GetByteLength(done);
                var bytes = buffer.AsSpan(0, (int)(type.GetByteLength(done + count) - offset));
                reader.Read(view, offset, bytes, cancellationToken);
                Convert(type, bytes, MemoryMarshal.CreateSpan(ref Unsafe.AddByteOffset(ref data, (nint)(done * size)), count * size));
                progress?.Invoke(offset + bytes.Length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return view.Shape.Count == 0 && type.Name != "float4_e2m1fn_x2" ? array.GetValue(0)! : array;
    }

    /// <summary>Reads the numbers of a part of a tensor with scales, as <see cref="float"/>.</summary>
    /// <param name="reader">Reads the tensor and its scales.</param>
    /// <param name="view">The part.</param>
    /// <param name="progress">Told how many bytes of numbers have been made; or null.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>An <see cref="Array"/>; of no dimensions, the one value.</returns>
    /// <exception cref="CheckpointException">The values cannot be read, or there are too many for an array.</exception>
    public static object Read(TensorDataReader reader, ScaledView view, Action<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(view);
        var array = Create(view.Shape, DType.Get("float32"), view.Tensor.Stored);
        ref byte data = ref MemoryMarshal.GetArrayDataReference(array);
        var scaled = new ScaledReader(reader, view);
        for (long done = 0; done < view.ElementCount; done += BlockCount)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = (int)Math.Min(BlockCount, view.ElementCount - done);
            var bytes = MemoryMarshal.CreateSpan(ref Unsafe.AddByteOffset(ref data, (nint)(done * sizeof(float))), count * sizeof(float));
            scaled.Read(done, MemoryMarshal.Cast<byte, float>(bytes), cancellationToken);
            progress?.Invoke((done + count) * sizeof(float));
        }

        return view.Shape.Count == 0 ? array.GetValue(0)! : array;
    }

    private static Array Create(IReadOnlyList<long> sizes, DType type, TensorInfo tensor)
    {
        // Two numbers to an element: the last dimension has as many more.
        List<long> shape = [.. sizes];
        if (type.Name == "float4_e2m1fn_x2")
        {
            if (shape.Count == 0)
            {
                shape.Add(1);
            }

            shape[^1] = checked(shape[^1] * 2);
        }

        Int128 count = shape.Aggregate(Int128.One, (product, length) => product * length);
        if (shape.Exists(length => length > Array.MaxLength))
        {
            throw Unsupported(tensor, $"a dimension of {shape.Max()} is more than a .NET array takes ({Array.MaxLength}): choose some with a slice");
        }

        if (count > Array.MaxLength)
        {
            throw Unsupported(tensor, $"{count} values are more than a .NET array takes ({Array.MaxLength}): choose some with a slice");
        }

        if (shape.Count > MostDimensions)
        {
            throw Unsupported(tensor, $"{shape.Count} dimensions are more than a .NET array takes ({MostDimensions}): choose some with a slice");
        }

        int[] lengths = shape.Count == 0 ? [1] : [.. shape.Select(length => (int)length)];
        var element = ElementType(type);
        return lengths is [var only] ? Array.CreateInstance(element, only) : Array.CreateInstance(element, lengths);
    }

    private static CheckpointException Unsupported(TensorInfo tensor, string problem) => new(
        CheckpointErrorIds.Unsupported, tensor.Path, $"'{DisplayText.Name(tensor.Key)}' is no array: {problem}.")
    {
        Record = tensor.Key,
    };

    private static Type ElementType(DType type) => type.Name switch
    {
        "float64" => typeof(double),
        "int64" => typeof(long),
        "int32" or "qint32" => typeof(int),
        "int16" => typeof(short),
        "int8" or "qint8" => typeof(sbyte),
        "uint64" => typeof(ulong),
        "uint32" => typeof(uint),
        "uint16" => typeof(ushort),
        "uint8" or "quint8" => typeof(byte),
        "bool" => typeof(bool),
        _ => type.Kind == DTypeKind.Complex ? typeof(Complex) : typeof(float),
    };

    /// <summary>The bytes of the array for each element.</summary>
    private static int SizeOf(DType type) => type.Kind switch
    {
        DTypeKind.Complex => 2 * sizeof(double),
        DTypeKind.Floating when type.Name != "float64" => type.Name == "float4_e2m1fn_x2" ? 2 * sizeof(float) : sizeof(float),
        _ => type.ByteSize,
    };

    private static void Convert(DType type, ReadOnlySpan<byte> elements, Span<byte> target)
    {
        switch (type.Kind)
        {
            case DTypeKind.Complex:
                ElementConverter.ToDouble(type, elements, MemoryMarshal.Cast<byte, double>(target));
                break;
            case DTypeKind.Floating when type.Name is not "float64":
                ElementConverter.ToSingle(type, elements, MemoryMarshal.Cast<byte, float>(target));
                break;
            case DTypeKind.Boolean:
                // Any other code than these two would be a value that is neither true nor false.
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = (byte)(elements[i] == 0 ? 0 : 1);
                }

                break;
            default:
                elements.CopyTo(target);
                break;
        }
    }
}

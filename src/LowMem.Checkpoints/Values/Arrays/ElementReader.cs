using System.Numerics;
using System.Runtime.InteropServices;
using LowMem.Checkpoints.Values.Elements;

namespace LowMem.Checkpoints.Values.Arrays;

/// <summary>Reads single values of tensors, as objects.</summary>
internal static class ElementReader
{
    /// <summary>The first values of a part of a tensor.</summary>
    /// <param name="reader">Reads the tensor.</param>
    /// <param name="view">The part of a tensor, of a type whose numbers can be read.</param>
    /// <param name="most">How many; fewer when there are no more.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public static IReadOnlyList<object> ReadFirst(TensorDataReader reader, TensorView view, int most, CancellationToken cancellationToken)
    {
        var type = DType.Get(view.Tensor.DType);
        byte[] bytes = new byte[Math.Min(view.ByteLength, type.GetByteLength(most))];
        reader.Read(view, 0, bytes, cancellationToken);
        long there = type.BitSize % 8 == 0 ? ElementConverter.CountNumbers(type, bytes.Length) / (type.Kind == DTypeKind.Complex ? 2 : 1) : view.ElementCount;
        int count = (int)Math.Min(most, there);
        return type.Kind switch
        {
            DTypeKind.Complex => [.. ReadComplex(type, bytes, count).Select(number => (object)number)],
            DTypeKind.Boolean => [.. bytes.Take(count).Select(code => (object)(code != 0))],
            _ when type.Name == "int64" => [.. MemoryMarshal.Cast<byte, long>(bytes).ToArray().Select(number => (object)number)],
            _ when type.Name == "uint64" => [.. MemoryMarshal.Cast<byte, ulong>(bytes).ToArray().Select(number => number <= long.MaxValue ? (object)(long)number : number)],
            DTypeKind.Integer or DTypeKind.Quantized => [.. ReadDoubles(type, bytes, count).Select(number => (object)(long)number)],
            _ => [.. ReadDoubles(type, bytes, count).Select(number => (object)number)],
        };
    }

    private static double[] ReadDoubles(DType type, byte[] bytes, int count)
    {
        var numbers = new double[count];
        ElementConverter.ToDouble(type, bytes, numbers);
        return numbers;
    }

    private static Complex[] ReadComplex(DType type, byte[] bytes, int count)
    {
        var numbers = new Complex[count];
        ElementConverter.ToDouble(type, bytes, MemoryMarshal.Cast<Complex, double>(numbers.AsSpan()));
        return numbers;
    }
}

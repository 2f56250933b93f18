using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values.Elements;

namespace LowMem.Checkpoints.Values.Scaled;

/// <summary>The scales of one tensor in memory, and the numbers that codes become by them.</summary>
/// <remarks>
/// A float8 or float4 code is a float32, and so is its scale; their product is rounded once. An integer less its zero point is
/// exact in float64, becomes a float32 and is multiplied by the scale as float32, as PyTorch's dequantize() does it.
/// </remarks>
internal sealed class ScaleTable
{
    /// <summary>Scales are kept in memory; those of the largest tensors of real models take 64 MiB.</summary>
    private const long MostBytes = 256 << 20;

    private readonly ScaledView view;
    private readonly DType type;
    private readonly float[] scales;

    /// <summary>Scales of a byte stay bytes, for which <see cref="scales"/> has the numbers: there may be millions.</summary>
    private readonly byte[]? scaleCodes;
    private readonly double[]? zeros;

    /// <summary>How many numbers a code of the type is.</summary>
    private readonly int perCode;

    private ScaleTable(ScaledView view, float[] scales, byte[]? scaleCodes, double[]? zeros)
    {
        this.view = view;
        this.scales = scales;
        this.scaleCodes = scaleCodes;
        this.zeros = zeros;
        type = DType.Get(view.Codes.Tensor.DType);
        perCode = view.Tensor.IsPacked ? 2 : 1;
    }

    public DType Type => type;

    public int PerCode => perCode;

    /// <summary>Reads the scales.</summary>
    /// <exception cref="CheckpointException">They cannot be read, or are too many.</exception>
    public static ScaleTable Read(TensorDataReader reader, ScaledView view, CancellationToken cancellationToken)
    {
        var tensor = view.Tensor;
        if (Math.Max(tensor.Scales?.ByteLength ?? 0, tensor.ZeroPoints?.ByteLength ?? 0) > MostBytes)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsupported, tensor.Stored.Path, $"'{DisplayText.Name(tensor.Key)}' has {tensor.Grid.Count} scales, more than are kept in memory ({MostBytes} bytes).")
            {
                Record = tensor.Stored.Key,
            };
        }

        double[]? zeros = tensor.Stored.Quantization is null ? null
            : tensor.ZeroPoints is { } points ? ReadZeros(reader, points, cancellationToken) : [tensor.ZeroPoint];
        if (tensor.Scales is not { } stored)
        {
            return new ScaleTable(view, [(float)tensor.Scale], null, zeros);
        }

        // Bytes as scales are exponents of two, biased by 127.
        var type = DType.Get(stored.DType == "uint8" ? "float8_e8m0fnu" : stored.DType);
        byte[] codes = new byte[stored.ByteLength];
        reader.Read(stored, 0, codes, cancellationToken);
        bool areBytes = type.BitSize == 8;
        var scales = new float[areBytes ? 1 << 8 : stored.ElementCount];
        ElementConverter.ToSingle(type, areBytes ? [.. Enumerable.Range(0, scales.Length).Select(code => (byte)code)] : codes, scales);
        return new ScaleTable(view, scales, areBytes ? codes : null, zeros);
    }

    /// <summary>The numbers of codes that follow each other in the part.</summary>
    /// <param name="first">The first code, counted in row-major order.</param>
    /// <param name="codes">Whole codes.</param>
    /// <param name="numbers">As many numbers as the codes have.</param>
    public void ToSingle(long first, ReadOnlySpan<byte> codes, Span<float> numbers)
    {
        if (zeros is null)
        {
            ElementConverter.ToSingle(type, codes, numbers);
        }

        Span<double> integers = stackalloc double[zeros is null ? 0 : 512];
        var shape = view.Codes.Shape;
        long length = shape.Count == 0 ? 1 : shape[^1];
        long done = 0;
        long count = numbers.Length / perCode;
        while (done < count)
        {
            var (scale, run) = FindRun(first + done, length);
            run = Math.Min(run, count - done);
            float by = scaleCodes is null ? scales[scale] : scales[scaleCodes[scale]];
            var part = numbers.Slice((int)(done * perCode), (int)(run * perCode));
            if (zeros is null)
            {
                Multiply(part, by);
            }
            else
            {
                Dequantize(codes.Slice((int)done * type.ByteSize, (int)run * type.ByteSize), integers, part, by, zeros[zeros.Length == 1 ? 0 : scale]);
            }

            done += run;
        }
    }

    private static double[] ReadZeros(TensorDataReader reader, TensorInfo tensor, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[tensor.ByteLength];
        reader.Read(tensor, 0, bytes, cancellationToken);
        var numbers = new double[tensor.ElementCount];
        ElementConverter.ToDouble(DType.Get(tensor.DType), bytes, numbers);
        return numbers;
    }

    private static void Multiply(Span<float> numbers, float scale)
    {
        int i = 0;
        var by = new System.Numerics.Vector<float>(scale);
        for (; i <= numbers.Length - System.Numerics.Vector<float>.Count; i += System.Numerics.Vector<float>.Count)
        {
            (new System.Numerics.Vector<float>(numbers[i..]) * by).CopyTo(numbers[i..]);
        }

        for (; i < numbers.Length; i++)
        {
            numbers[i] *= scale;
        }
    }

    private void Dequantize(ReadOnlySpan<byte> codes, Span<double> integers, Span<float> numbers, float scale, double zero)
    {
        for (int done = 0; done < numbers.Length; done += integers.Length)
        {
            var part = integers[..Math.Min(integers.Length, numbers.Length - done)];
            ElementConverter.ToDouble(type, codes[(done * type.ByteSize)..], part);
            for (int i = 0; i < part.Length; i++)
            {
                numbers[done + i] = (float)(part[i] - zero) * scale;
            }
        }
    }

    /// <summary>The scale of a code, and how many from there on have the same.</summary>
    private (int Scale, long Run) FindRun(long code, long length)
    {
        var grid = view.Tensor.Grid;
        var codes = view.Codes;
        long scale = 0;
        for (int source = 0; source < codes.Starts.Count; source++)
        {
            scale += codes.Starts[source] / grid.BlockSizes[source] * grid.Strides[source];
        }

        long rest = code;
        long run = length - (length == 0 ? 0 : code % length);
        for (int i = codes.Shape.Count - 1; i >= 0; i--)
        {
            (rest, long index) = Math.DivRem(rest, codes.Shape[i]);
            var (source, step) = codes.Dimensions[i];
            long block = grid.BlockSizes[source];
            long place = codes.Starts[source] + (index * step);
            scale += ((place / block) - (codes.Starts[source] / block)) * grid.Strides[source];
            if (i == codes.Shape.Count - 1 && grid.Strides[source] != 0)
            {
                long toNext = (((place / block) + 1) * block) - place;
                run = Math.Min(run, ((toNext - 1) / step) + 1);
            }
        }

        return ((int)scale, Math.Max(1, run));
    }
}

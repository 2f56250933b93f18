using LowMem.Checkpoints;
using LowMem.Checkpoints.Values;

namespace LowMem.Benchmarks.Cases;

/// <summary>Hashes tensors of many layouts in one file of bytes.</summary>
internal static class GatherCase
{
    /// <summary>The name of the case.</summary>
    public const string Name = "gather";

    /// <summary>The element types, of one byte to sixteen.</summary>
    public static readonly string[] Types = ["uint8", "bfloat16", "float32", "float64", "complex128"];

    /// <summary>The layouts of so many elements; the first is contiguous.</summary>
    public static readonly (string Name, Func<long, (long[] Shape, long[] Stride)> Make)[] Layouts =
    [
        ("contiguous", n => ([n], [1])),
        ("transposed, square", n => (long)Math.Sqrt(n) is var side ? ([side, side], [1, side]) : default),
        ("transposed, 64 rows", n => ([64, n / 64], [1, 64])),
        ("transposed, 64 columns", n => ([n / 64, 64], [1, n / 64])),
        ("three dimensions, reversed", n => (long)Math.Cbrt(n) is var side ? ([side, side, side], [1, side, side * side]) : default),
        ("channels last, kernels of 3 by 3", n => ([n / 576, 64, 3, 3], [576, 1, 192, 64])),
        ("channels last, images of 3 channels", n => (long)Math.Sqrt(n / 3) is var side ? ([1, 3, side, side], [3 * side * side, 1, 3 * side, 3]) : default),
        ("every second element", n => ([n / 2], [2])),
        ("every second row of 1000", n => ([n / 2000, 1000], [2000, 1])),
        ("half of each row of 1000", n => ([n / 1000, 500], [1000, 1])),
        ("expanded to three columns", n => ([n / 3, 3], [1, 0])),
        ("windows that overlap by half", n => ([(n / 32) - 1, 64], [32, 1])),
    ];

    /// <summary>Runs it: each layout of each type.</summary>
    public static void Run(string path)
    {
        Step.Say(Step.Ready);
        long length = new FileInfo(path).Length;
        foreach (string type in Types)
        {
            foreach (var (name, make) in Layouts)
            {
                var tensor = Describe(path, type, length, make);
                Hash(tensor);
                Step.Run(StepName(type, name), () => Hash(tensor));
            }
        }
    }

    /// <summary>The name of the step of a layout.</summary>
    public static string StepName(string type, string layout) => $"{type}/{layout.Replace(' ', '_')}";

    private static TensorInfo Describe(string path, string type, long length, Func<long, (long[] Shape, long[] Stride)> make)
    {
        var size = DType.Get(type).ByteSize;
        var (shape, stride) = make(length / size);
        var count = StridedLayout.CountElements(shape);
        return new TensorInfo
        {
            Key = "w",
            DType = type,
            Shape = shape,
            Stride = stride,
            ElementCount = count,
            ByteLength = count * size,
            Offset = 0,
            StorageKey = "0",
            IsContiguous = StridedLayout.IsContiguous(shape, stride),
            Path = path,
            Checkpoint = path,
            Format = CheckpointFormats.PyTorchZip,
            Storage = new StorageExtent(0, length),
        };
    }

    private static double Hash(TensorInfo tensor)
    {
        using var reader = new TensorDataReader();
        var plan = new BlockPlan(reader);
        plan.Add(tensor, new HashConsumer());
        BlockPass.Run(plan, null, default);
        return tensor.ByteLength;
    }
}

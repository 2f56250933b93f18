using System.Numerics;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Arrays;
using LowMem.Checkpoints.Values.Slices;
using LowMem.Checkpoints.Values.Statistics;

namespace LowMem.Checkpoints.Tests.Values.Arrays;

/// <summary>Arrays have the natural type, the shape of the tensor, and its values in order.</summary>
public sealed class TensorArrayTests
{
    private static readonly Dictionary<string, Type> Types = new()
    {
        ["float64"] = typeof(double),
        ["float32"] = typeof(float),
        ["float16"] = typeof(float),
        ["bfloat16"] = typeof(float),
        ["int64"] = typeof(long),
        ["int32"] = typeof(int),
        ["int16"] = typeof(short),
        ["int8"] = typeof(sbyte),
        ["uint8"] = typeof(byte),
        ["bool"] = typeof(bool),
        ["complex64"] = typeof(Complex),
        ["complex128"] = typeof(Complex),
        ["qint8"] = typeof(sbyte),
        ["quint8"] = typeof(byte),
        ["qint32"] = typeof(int),
        ["float8_e4m3fn"] = typeof(float),
        ["float8_e5m2"] = typeof(float),
    };

    [Theory]
    [InlineData("dtypes.pt")]
    [InlineData("strides.pt")]
    [InlineData("empty-and-zero-dim.pt")]
    [InlineData("conj-and-neg.pt")]
    [InlineData("shared-storages.pt")]
    [InlineData("quantized.pt")]
    [InlineData("dtypes-safetensors.safetensors")]
    [InlineData("dcp")]
    public void HoldTheValuesInOrder(string name)
    {
        var checkpoint = Checkpoint.Open(Path.Combine(FixtureFiles.Directory, name), TestContext.Current.CancellationToken);
        TensorView[] views = [.. checkpoint.Tensors.Where(tensor => StatisticsScan.DescribeUnreadable(tensor) is null).Select(tensor => new TensorView(tensor))];
        var figures = new StatisticsScan(checkpoint, views) { FirstCount = 1_000_000 }.Run(null, TestContext.Current.CancellationToken).ToList();
        using var reader = new TensorDataReader(checkpoint);
        foreach (var (view, expected) in views.Zip(figures))
        {
            object value = TensorArray.Read(reader, view, null, TestContext.Current.CancellationToken);
            var type = Types.GetValueOrDefault(view.Tensor.DType);
            if (view.Shape.Count == 0)
            {
                Assert.Equal(expected.First!.Select(Number), [Number(value)]);
                continue;
            }

            var array = Assert.IsType<Array>(value, exactMatch: false);
            Assert.Equal(type ?? array.GetType().GetElementType(), array.GetType().GetElementType());
            Assert.Equal(view.Shape, Enumerable.Range(0, array.Rank).Select(array.GetLongLength));
            Assert.All(Enumerable.Range(0, array.Rank), dimension => Assert.Equal(0, array.GetLowerBound(dimension)));
            Assert.Equal(expected.First!.Select(Number), array.Cast<object>().Select(Number));
        }
    }

    [Fact]
    public void OfMoreThanABlockAreWhole()
    {
        using var file = new StridedFile(7, 4 * 300 * 1001);
        var view = new TensorView(file.GetTensor("int32", [1001, 300], [1, 1001]));
        byte[] expected = file.GetExpected(view);

        using var reader = new TensorDataReader();
        var array = (int[,])TensorArray.Read(reader, view, null, TestContext.Current.CancellationToken);

        Assert.Equal(expected, array.Cast<int>().SelectMany(BitConverter.GetBytes));
    }

    [Fact]
    public void OfTwoValuesToAnElementHaveALastDimensionTwiceAsLong()
    {
        using var file = new StridedFile(7, 6);
        var view = new TensorView(file.GetTensor("float4_e2m1fn_x2", [2, 3], [3, 1]));

        using var reader = new TensorDataReader();
        var array = (float[,])TensorArray.Read(reader, view, null, TestContext.Current.CancellationToken);

        Assert.Equal((2, 6), (array.GetLength(0), array.GetLength(1)));
    }

    [Theory]
    [InlineData(50_000, 50_000, "2500000000 values are more than a .NET array takes")]
    [InlineData(0, 5_000_000_000, "a dimension of 5000000000 is more than a .NET array takes")]
    public void ThatDoNotFitAreRefused(long rows, long columns, string message)
    {
        using var file = new StridedFile(1, 8);
        var view = new TensorView(file.GetTensor("int8", [rows, columns], [0, 0]));

        using var reader = new TensorDataReader();
        var error = Assert.Throws<CheckpointException>(() => TensorArray.Read(reader, view, null, TestContext.Current.CancellationToken));

        Assert.Equal(CheckpointErrorIds.Unsupported, error.ErrorId);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OfMoreDimensionsThanDotNetHasAreRefused()
    {
        using var file = new StridedFile(1, 8);
        var view = new TensorView(file.GetTensor("int8", [.. Enumerable.Repeat(1L, 33)], [.. Enumerable.Repeat(1L, 33)]));

        using var reader = new TensorDataReader();
        var error = Assert.Throws<CheckpointException>(() => TensorArray.Read(reader, view, null, TestContext.Current.CancellationToken));
        Assert.True(TensorSlice.TryParse("0", out var slice, out _));

        Assert.Contains("33 dimensions are more than a .NET array takes (32)", error.Message, StringComparison.Ordinal);
        Assert.Equal(32, ((Array)TensorArray.Read(reader, slice.Apply(view), null, TestContext.Current.CancellationToken)).Rank);
    }

    private static object Number(object value) => value switch
    {
        Complex or bool => value,
        _ => Convert.ToDouble(value, null),
    };
}

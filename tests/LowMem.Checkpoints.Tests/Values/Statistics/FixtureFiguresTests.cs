using System.Text.Json;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Slices;
using LowMem.Checkpoints.Values.Statistics;

namespace LowMem.Checkpoints.Tests.Values.Statistics;

/// <summary>Figures of tensors of every kind and layout, as NumPy has them of what PyTorch loads: see make_tensor_values.py.</summary>
public sealed class FixtureFiguresTests
{
    public static TheoryData<string> Files => [.. TensorValues.Root.GetProperty("figures").EnumerateObject().Select(file => file.Name)];

    [Theory]
    [MemberData(nameof(Files))]
    public void AreThoseOfNumPy(string name)
    {
        var checkpoint = Checkpoint.Open(Path.Combine(FixtureFiles.Directory, name), TestContext.Current.CancellationToken);
        var all = Scan(checkpoint, checkpoint.Tensors);

        Assert.Equal(checkpoint.Tensors.Select(tensor => tensor.Key), all.Select(figures => figures.Key));
        foreach (var figures in all)
        {
            var expected = TensorValues.Root.GetProperty("figures").GetProperty(name).GetProperty(figures.Key);
            Assert.Equal((figures.Key, expected.GetProperty("NaN").GetInt64()), (figures.Key, figures.NaNCount));
            Assert.Equal((figures.Key, expected.GetProperty("Infinite").GetInt64()), (figures.Key, figures.InfinityCount));
            Assert.Equal((figures.Key, expected.GetProperty("Zero").GetInt64()), (figures.Key, figures.ZeroCount));
            AssertNear(figures.Key, expected.GetProperty("L2Norm").GetDouble(), figures.L2Norm);
            if (!expected.TryGetProperty("Mean", out var mean))
            {
                Assert.Null(figures.Mean);
                Assert.Null(figures.Minimum);
                Assert.Empty(figures.Percentiles);
                Assert.Null(figures.Histogram);
                continue;
            }

            AssertNear(figures.Key, mean.GetDouble(), figures.Mean!.Value);
            AssertNear(figures.Key, expected.GetProperty("StandardDeviation").GetDouble(), figures.StandardDeviation!.Value);
            AssertNear(figures.Key, expected.GetProperty("Median").GetDouble(), figures.Percentiles["50"]);
            Assert.Equal(expected.GetProperty("Counts").Deserialize<long[]>(), figures.Histogram!.Counts);
            Assert.Equal(expected.GetProperty("Edges").Deserialize<double[]>(), figures.Histogram.Edges);
            AssertSame(figures.Key, expected.GetProperty("Minimum"), figures.Minimum!);
            AssertSame(figures.Key, expected.GetProperty("Maximum"), figures.Maximum!);
        }
    }

    [Fact]
    public void OfASliceAreThoseOfTheSlice()
    {
        var checkpoint = Checkpoint.Open(Path.Combine(FixtureFiles.Directory, "strides.pt"), TestContext.Current.CancellationToken);
        foreach (var tensor in checkpoint.Tensors.Where(tensor => tensor.Shape.Length >= 2 && tensor.Shape[0] > 1 && tensor.DType == "float32"))
        {
            Assert.True(TensorSlice.TryParse("1:, -1", out var slice, out _));
            var view = slice.Apply(new TensorView(tensor));
            var figures = Assert.Single(Scan(checkpoint, [view], firstCount: 1000));
            double[] values = [.. figures.First!.Cast<double>()];

            Assert.Equal(view.Shape, figures.Shape);
            Assert.Equal(view.ElementCount, values.Length);
            Assert.Equal(values.Min(), figures.Minimum);
            Assert.Equal(values.Max(), figures.Maximum);
            AssertNear(tensor.Key, values.Average(), figures.Mean!.Value);
        }
    }

    [Theory]
    [InlineData("dcp")]
    [InlineData("dcp-safetensors")]
    public void OfASliceOfATensorInPiecesAreThoseOfTheSlice(string name)
    {
        var checkpoint = Checkpoint.Open(Path.Combine(FixtureFiles.Directory, name), TestContext.Current.CancellationToken);
        var tensor = checkpoint.Tensors.First(tensor => tensor.Chunks is { Count: > 1 } && tensor.Shape.Length == 2 && tensor.Shape[1] > 1);
        Assert.True(TensorSlice.TryParse("::2, 1", out var slice, out _));

        object[] all = [.. Assert.Single(Scan(checkpoint, [new TensorView(tensor)], firstCount: 100_000)).First!];
        var figures = Assert.Single(Scan(checkpoint, [slice.Apply(new TensorView(tensor))], firstCount: 100_000));

        object[] expected = [.. Enumerable.Range(0, (int)tensor.Shape[0]).Where(row => row % 2 == 0).Select(row => all[(row * (int)tensor.Shape[1]) + 1])];
        Assert.Equal(expected, figures.First!);
        Assert.Equal(expected.Min(), figures.Minimum);
    }

    private static List<TensorStatistics> Scan(Checkpoint checkpoint, IReadOnlyList<TensorInfo> tensors) =>
        [.. new StatisticsScan(checkpoint, tensors) { BinCount = 7 }.Run(null, TestContext.Current.CancellationToken)];

    private static List<TensorStatistics> Scan(Checkpoint checkpoint, IReadOnlyList<TensorView> views, int firstCount) =>
        [.. new StatisticsScan(checkpoint, views) { FirstCount = firstCount }.Run(null, TestContext.Current.CancellationToken)];

    private static void AssertSame(string key, JsonElement expected, object found) => Assert.Equal(
        (key, found is double ? expected.GetDouble() : expected.GetInt64()), (key, found is double number ? number : Convert.ToInt64(found, null)));

    private static void AssertNear(string key, double expected, double found) =>
        Assert.True(Math.Abs(expected - found) <= 1e-12 * Math.Max(1, Math.Abs(expected)), $"{key}: {found:R} instead of {expected:R}");
}

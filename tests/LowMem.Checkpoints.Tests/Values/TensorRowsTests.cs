using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Arrays;

namespace LowMem.Checkpoints.Tests.Values;

/// <summary>A tensor is read row by row, whatever its shape.</summary>
public sealed class TensorRowsTests
{
    [Fact]
    public void RowsAreTheValuesAlongTheLastDimension() => With([2, 3, 2], [.. Enumerable.Range(0, 12).Select(i => (float)i)], rows =>
    {
        Assert.Equal(6, rows.Count);
        var read = Read(rows, 4).Concat(Read(rows, 100)).Cast<TensorRow>().ToList();

        Assert.Equal([[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]], read.Select(row => row.Index));
        Assert.Equal(["0 1", "2 3", "4 5", "6 7", "8 9", "10 11"], read.Select(row => row.ToString()));
        Assert.Equal(new float[] { 10, 11 }, read[5].Values);
        Assert.Equal(11f, read[5][-1]);
        Assert.Empty(Read(rows, 1));
    });

    [Fact]
    public void OneDimensionComesValueByValue() => With([3], [1, 2, 3], rows => Assert.Equal([1f, 2f, 3f], Read(rows, 9)));

    [Fact]
    public void NoDimensionsAreOneValue() => With([], [7], rows => Assert.Equal([7f], Read(rows, 9)));

    [Fact]
    public void WhereNothingIsThereAreNoRows()
    {
        With([0, 5], [], rows => Assert.Empty(Read(rows, 9)));
        With([0], [], rows => Assert.Empty(Read(rows, 9)));
    }

    [Fact]
    public void RowsOfNothingAreRows() => With([2, 0], [], rows => Assert.Equal(["", ""], Read(rows, 9).Select(row => row.ToString())));

    [Fact]
    public void MoreThanABlockComesInOrder()
    {
        const int rowCount = 3000;
        With([rowCount, 40], [.. Enumerable.Range(0, rowCount * 40).Select(i => (float)i)], rows =>
        {
            var read = Read(rows, rowCount).Cast<TensorRow>().ToList();

            Assert.Equal([.. Enumerable.Range(0, rowCount).Select(i => (object)(i * 40f))], read.Select(row => row[0]!));
            rows.Position = rowCount - 1;
            Assert.Equal((float)((rowCount * 40) - 1), Assert.IsType<TensorRow>(Assert.Single(Read(rows, 9)))[39]);
        });
    }

    private static IReadOnlyList<object> Read(TensorRows rows, int most) => rows.Read(most, TestContext.Current.CancellationToken);

    private static void With(long[] shape, float[] values, Action<TensorRows> check)
    {
        using var directory = new CheckpointDirectory();
        directory.Write("model.safetensors", new SafetensorsBytes().Add("w", "F32", shape, values).Build());
        var checkpoint = directory.Open();
        using var reader = new TensorDataReader(checkpoint);
        check(new TensorRows(reader, new TensorView(checkpoint.Tensors[0])));
    }
}

using System.Runtime.InteropServices;
using LowMem.Checkpoints.Comparison;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Comparison;

/// <summary>Large tensors of several layouts: blocks, windows, and what is compressed.</summary>
public sealed class LayoutTests
{
    private const int Rows = 300;
    private const int Columns = 1700;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Layouts
    {
        get
        {
            string[] all = ["plain", "transposed", "deflated", "deflated transposed", "shared deflated"];
            var data = new TheoryData<string, string>();
            foreach (string one in all)
            {
                foreach (string other in all)
                {
                    data.Add(one, other);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void OneElementIsFoundWhateverTheLayouts(string one, string other)
    {
        float[] values = [.. Enumerable.Range(0, Rows * Columns).Select(i => (float)Math.Sin(i))];
        float[] changed = [.. values];
        changed[(171 * Columns) + 1234] += 1;
        changed[(299 * Columns) + 3] = float.NaN;
        var equal = Compared.Run(Make(one, values), Make(other, values), new ComparisonOptions { IncludesEqual = true, Includes = key => key == "w" });
        var result = Compared.Run(Make(one, values), Make(other, changed));
        var found = Assert.Single(result.Differences, item => item.Key == "w");

        Assert.Equal("w: Equal", equal.Differences[0].ToString());
        Assert.True(equal.AreEqual);
        Assert.Equal([171, 1234], found.FirstDifference!.Index);
        Assert.Equal((2L, 1L), (found.DifferingElements, found.NonFiniteDifferences));

        // Those of all elements, of blocks that are equal as well.
        double[] finite = [.. values.Where((_, i) => i != (299 * Columns) + 3).Select(value => (double)value)];
        double norm = Math.Sqrt(finite.Sum(value => value * value));
        double moved = changed[(171 * Columns) + 1234] - (double)values[(171 * Columns) + 1234];
        Assert.Equal(moved / norm, found.RelativeChange!.Value, 1e-15);
        Assert.Equal(moved * moved / finite.Length, found.MeanSquaredDifference!.Value, 1e-18);
    }

    [Fact]
    public void EachByteOfBothIsReadOnceWhenTheyAreEqual()
    {
        byte[] content = Make("plain", [.. Enumerable.Range(0, Rows * Columns).Select(i => (float)i)]);
        var location = Compared.Locate(content, content);
        var (one, other) = (Checkpoint.Open(location, Compared.Reference, Token), Checkpoint.Open(location, Compared.Difference, Token));
        long before = location.BytesRead;

        Assert.Empty(new CheckpointComparison(one, other).Run(null, Token).Differences);
        Assert.Equal(2L * Rows * Columns * sizeof(float), location.BytesRead - before);
    }

    [Fact]
    public void ProgressEndsWithAllBytes()
    {
        byte[] content = Make("transposed", new float[Rows * Columns]);
        var location = Compared.Locate(content, Make("plain", new float[Rows * Columns]));
        var comparison = new CheckpointComparison(Checkpoint.Open(location, Compared.Reference, Token), Checkpoint.Open(location, Compared.Difference, Token));
        long most = 0;
        comparison.Run(done => InterlockedMax(ref most, done), Token);

        Assert.Equal(2L * Rows * Columns * sizeof(float), comparison.ByteLength);
        Assert.Equal(comparison.ByteLength, most);
    }

    [Theory]
    [InlineData("more", "less than the")]
    [InlineData("less", "more than the")]
    public void ACompressedStorageOfAnotherLengthIsAnError(string claims, string message)
    {
        float[] values = new float[1000];
        byte[] deflated = ZipBytes.Deflate(MemoryMarshal.AsBytes<float>(values).ToArray());
        int count = claims == "more" ? 1001 : 999;
        byte[] archive = TensorBytes.Archive([("w", TensorBytes.Vector("0", count))])
            .Add(new ZipBytes.Record("archive/data/0", deflated, (uint)count * 4, 8)).Build();
        var error = Assert.Throws<CheckpointException>(() => Compared.Run(archive, archive));

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static void InterlockedMax(ref long most, long value)
    {
        long seen = Volatile.Read(ref most);
        while (value > seen && Interlocked.CompareExchange(ref most, value, seen) is var now && now != seen)
        {
            seen = now;
        }
    }

    private static byte[] Make(string layout, float[] values)
    {
        bool isTransposed = layout.Contains("transposed", StringComparison.Ordinal);
        float[] stored = values;
        if (isTransposed)
        {
            stored = new float[values.Length];
            for (int i = 0; i < values.Length; i++)
            {
                stored[(i % Columns * Rows) + (i / Columns)] = values[i];
            }
        }

        long[] stride = isTransposed ? [1, Rows] : [Columns, 1];
        List<(string, byte[])> tensors = [("w", TensorBytes.Tensor(TensorBytes.Storage("0", values.Length), 0, [Rows, Columns], stride))];
        if (layout.StartsWith("shared", StringComparison.Ordinal))
        {
            tensors.Add(("v", TensorBytes.Tensor(TensorBytes.Storage("0", values.Length), 5, [4], [1])));
        }

        var archive = TensorBytes.Archive([.. tensors]);
        byte[] bytes = MemoryMarshal.AsBytes<float>(stored).ToArray();
        return (layout.Contains("deflated", StringComparison.Ordinal) ? archive.AddDeflated("archive/data/0", bytes) : archive.Add("archive/data/0", bytes)).Build();
    }
}

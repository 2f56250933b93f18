using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Tests.Values;

/// <summary>Whatever the layout, what is read are the elements one by one, at a bounded price.</summary>
public sealed class StridedReadTests
{
    [Theory]
    [InlineData("uint8")]
    [InlineData("bfloat16")]
    [InlineData("float32")]
    [InlineData("float64")]
    [InlineData("complex128")]
    public void ReadsAnyRangeOfAnyLayout(string type)
    {
        int size = DType.Get(type).ByteSize;
        var random = new Random(size);
        using var file = new StridedFile(size, 1 << 16);
        for (int i = 0; i < 300; i++)
        {
            var (shape, stride, start) = GetLayout(random, (1 << 16) / size);
            var view = new TensorView(file.GetTensor(type, shape, stride, start, isInMemory: i % 2 == 0));
            Check(file, view, random, size);
            while (view.Shape.Count > 0 && random.Next(2) == 0)
            {
                int dimension = random.Next(view.Shape.Count);
                long first = random.NextInt64(view.Shape[dimension]);
                view = random.Next(2) == 0
                    ? view.Select(dimension, first)
                    : view.Narrow(dimension, first, random.NextInt64(1, view.Shape[dimension] - first + 1));
                Check(file, view, random, size);
            }
        }
    }

    [Fact]
    public void ReadsATransposedTensorOnce()
    {
        using var file = new StridedFile(1, 3000 * 700 * 4);
        var view = new TensorView(file.GetTensor("float32", [700, 3000], [1, 700]));

        byte[] bytes = StridedFile.Read(view, 0, (int)view.ByteLength, out long bytesRead);

        Assert.Equal(file.GetExpected(view), bytes);
        Assert.Equal(view.ByteLength, bytesRead);
    }

    [Fact]
    public void ReadsWholeRunsOfAPartOfATransposedTensor()
    {
        using var file = new StridedFile(2, 3000 * 700 * 4);
        var view = new TensorView(file.GetTensor("float32", [700, 3000], [1, 700])).Narrow(0, 100, 20);

        byte[] bytes = StridedFile.Read(view, 0, (int)view.ByteLength, out long bytesRead);

        // Twenty elements of each 700, with a gap too long to read over.
        Assert.Equal(file.GetExpected(view), bytes);
        Assert.Equal(view.ByteLength, bytesRead);
    }

    [Fact]
    public void ReadsWhatIsRepeatedOnce()
    {
        using var file = new StridedFile(3, 4000);
        var view = new TensorView(file.GetTensor("float32", [500, 1000, 3], [0, 1, 0]));

        byte[] bytes = StridedFile.Read(view, 0, (int)view.ByteLength, out long bytesRead);

        Assert.Equal(file.GetExpected(view), bytes);
        Assert.Equal(4000, bytesRead);
    }

    [Fact]
    public void ReadsNoMoreThanTheGapsThatAreShort()
    {
        var random = new Random(4);
        using var file = new StridedFile(4, 1 << 20);
        for (int i = 0; i < 100; i++)
        {
            var (shape, stride, start) = GetLayout(random, 1 << 18);
            var view = new TensorView(file.GetTensor("float32", shape, stride, start));
            var gather = new StridedGather(StridedDimension.Of(shape, stride), 4);

            StridedFile.Read(view, 0, (int)view.ByteLength, out long bytesRead);

            Assert.InRange(bytesRead, 1, view.ElementCount * (4L + StridedReads.MaxGap));
            if (!view.IsContiguous)
            {
                Assert.Equal(gather.CountReads(view.ElementCount, view.ElementCount).Bytes, bytesRead);
            }
        }
    }

    [Fact]
    public void ReadsOverlappingRowsAsOftenAsTheyAreShownAtMost()
    {
        using var file = new StridedFile(5, 1 << 20);
        var view = new TensorView(file.GetTensor("uint8", [64, 1_000_000], [7, 1]));

        byte[] bytes = StridedFile.Read(view, 3_999_990, 1_000_020, out long bytesRead);

        Assert.Equal(file.GetExpected(view)[3_999_990..5_000_010], bytes);
        Assert.InRange(bytesRead, 1, 1_000_020);
    }

    [Fact]
    public void KnowsAPartByItsShape()
    {
        using var file = new StridedFile(6, 1 << 10);
        var view = new TensorView(file.GetTensor("float32", [4, 5, 6], [30, 6, 1]));

        var part = view.Narrow(1, 2, 2).Select(0, 3);

        Assert.Equal([2L, 6L], part.Shape);
        Assert.Equal([6L, 1L], part.Stride);
        Assert.Equal((12L, 48L, true), (part.ElementCount, part.ByteLength, part.IsContiguous));
        Assert.Equal(0, view.Narrow(2, 6, 0).ByteLength);
        Assert.Throws<ArgumentOutOfRangeException>(() => view.Narrow(2, 6, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => view.Select(0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => view.Select(3, 0));
    }

    [Fact]
    public void TakesNoPartOfATensorWhoseElementsShareBytes()
    {
        using var file = new StridedFile(7, 64);
        var view = new TensorView(file.GetTensor("float4_e2m1fn", [8], [1]));

        var error = Assert.Throws<CheckpointException>(() => view.Narrow(0, 0, 2));

        Assert.Equal(CheckpointErrorIds.Unsupported, error.ErrorId);
        Assert.Contains("of 'w' only the whole is read: elements of 4 bits share bytes", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, StridedFile.Read(view, 0, 4, out _).Length);
    }

    private static void Check(StridedFile file, TensorView view, Random random, int size)
    {
        byte[] expected = file.GetExpected(view);
        long first = random.NextInt64(view.ElementCount);
        int count = (int)random.NextInt64(1, view.ElementCount - first + 1);

        Assert.Equal(expected, StridedFile.Read(view, 0, expected.Length, out _));
        Assert.Equal(
            expected[((int)first * size)..(((int)first + count) * size)], StridedFile.Read(view, first * size, count * size, out _));
    }

    /// <summary>A layout inside a storage: permuted, with gaps, expanded, overlapping, or several of these.</summary>
    private static (long[] Shape, long[] Stride, long Start) GetLayout(Random random, long storageLength)
    {
        while (true)
        {
            var shape = new long[random.Next(5)];
            for (int i = 0; i < shape.Length; i++)
            {
                shape[i] = random.Next(4) == 0 ? random.Next(1, 100) : random.Next(1, 8);
            }

            long[] stride = StridedLayout.ContiguousStrides(shape);
            if (random.Next(2) == 0)
            {
                random.Shuffle(stride);
            }

            for (int i = 0; i < stride.Length; i++)
            {
                stride[i] = random.Next(6) switch
                {
                    0 => 0,
                    1 => stride[i] * random.Next(1, 5),
                    2 => random.Next(1, 3000),
                    _ => stride[i],
                };
            }

            long extent = StridedLayout.Extent(shape, stride);
            if (extent <= storageLength && StridedLayout.CountElements(shape) <= 20_000)
            {
                return (shape, stride, random.NextInt64(storageLength - extent + 1));
            }
        }
    }
}

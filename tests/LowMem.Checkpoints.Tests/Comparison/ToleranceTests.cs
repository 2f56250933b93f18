using LowMem.Checkpoints.Comparison;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Comparison;

/// <summary>What counts as a difference: the edges of the rule of torch.allclose, and numbers that a float64 does not hold.</summary>
public sealed class ToleranceTests
{
    private const double Infinity = double.PositiveInfinity;

    [Theory]
    [InlineData(1, 1.5, 0.5, 0, true)] // As far as is allowed.
    [InlineData(1, 1.5, 0.49, 0, false)]
    [InlineData(2, 3, 0, 0.5, true)] // A part of the reference, and not of the difference.
    [InlineData(3, 2, 0, 0.3, false)]
    [InlineData(-2, -3, 0, 0.5, true)]
    [InlineData(0, 1e-300, 0, 1e9, false)] // Nothing is a part of zero.
    [InlineData(0, -0.0, 0, 0, true)]
    [InlineData(5e-324, 0, 0, 0, false)]
    [InlineData(double.NaN, double.NaN, 0, 0, true)]
    [InlineData(double.NaN, 1, Infinity, Infinity, false)]
    [InlineData(1, double.NaN, Infinity, 0, false)]
    [InlineData(Infinity, Infinity, 0, 0, true)]
    [InlineData(Infinity, -Infinity, Infinity, Infinity, false)]
    [InlineData(Infinity, 1, 1, 1, false)] // Everything would be a part of it.
    [InlineData(1, Infinity, Infinity, 0, false)]
    [InlineData(1.7e308, -1.7e308, Infinity, 0, false)] // The distance is beyond float64.
    [InlineData(0, 0, 0, Infinity, true)]
    [InlineData(1, 2, Infinity, 0, true)]
    public void AreThoseOfPyTorch(double reference, double difference, double absolute, double relative, bool isClose)
    {
        // Among other numbers, so that both ways of comparing are taken, and alone.
        foreach (int count in (int[])[1, 40])
        {
            double[] left = [.. Enumerable.Range(0, count).Select(i => (double)i)];
            double[] right = [.. left];
            (left[^1], right[^1]) = (reference, difference);
            var result = Compared.Run(
                new SafetensorsBytes().Add("w", "F64", left).Build(),
                new SafetensorsBytes().Add("w", "F64", right).Build(),
                new ComparisonOptions { AbsoluteTolerance = absolute, RelativeTolerance = relative });

            Assert.Equal(isClose, result.AreEqual);
            Assert.Equal(isClose ? [] : [count - 1L], result.Differences.SelectMany(item => item.FirstDifference!.Index));
        }
    }

    [Fact]
    public void NeitherNegativeNorNaN()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ComparisonOptions { AbsoluteTolerance = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ComparisonOptions { RelativeTolerance = double.NaN });
    }

    [Theory]
    [InlineData(long.MaxValue, long.MaxValue - 1, 1)]
    [InlineData((1L << 53) + 1, 1L << 53, 1)]
    [InlineData(long.MinValue, long.MaxValue, 18446744073709551615.0)]
    [InlineData(-5, 3, 8)]
    public void IntegersBeyondFloat64AreExact(long reference, long difference, double distance)
    {
        var result = Compared.Run(
            new SafetensorsBytes().Add<long>("w", "I64", [7, reference]).Build(), new SafetensorsBytes().Add<long>("w", "I64", [7, difference]).Build());
        var found = Assert.Single(result.Differences);

        Assert.Equal((distance, 1L), (found.MaximumAbsoluteDifference, found.DifferingElements));
        Assert.Equal((reference, difference), (found.FirstDifference!.Reference, found.FirstDifference.Difference));
    }

    [Fact]
    public void IntegersOfSeveralTypesAreComparedExactly()
    {
        var result = Compared.Run(
            new SafetensorsBytes().Add<long>("same", "I64", [long.MaxValue, 0]).Add<ulong>("beyond", "U64", [ulong.MaxValue, 1]).Add<long>("float", "I64", [(1L << 53) + 1]).Build(),
            new SafetensorsBytes().Add<ulong>("same", "U64", [(ulong)long.MaxValue, 0]).Add<long>("beyond", "I64", [-1L, 1]).Add<double>("float", "F64", [9007199254740992.0]).Build());
        var all = result.Differences.ToDictionary(item => item.Key);

        Assert.Equal((CheckpointChange.DType, 0L), (all["same"].Change, all["same"].DifferingElements));
        Assert.Equal((1L, (object)ulong.MaxValue, (object)(-1L)), (all["beyond"].DifferingElements, all["beyond"].FirstDifference!.Reference, all["beyond"].FirstDifference!.Difference));
        Assert.Equal((1L, 1.0), (all["float"].DifferingElements, all["float"].MaximumAbsoluteDifference));
    }

    [Fact]
    public void FiguresAreThoseOfAllElementsWhateverTheTolerance()
    {
        var result = Compared.Run(
            SafetensorsBytes.One("w", 1, 2, 4), SafetensorsBytes.One("w", 1, 2, 5), new ComparisonOptions { AbsoluteTolerance = 2, IncludesEqual = true });
        var found = Assert.Single(result.Differences);

        Assert.Equal((CheckpointChange.Equal, 1.0, 0.25, 0L), (found.Change, found.MaximumAbsoluteDifference, found.MaximumRelativeDifference, found.DifferingElements));
        Assert.True(result.AreEqual);
    }

    [Fact]
    public void CodesOfNaNMakeNoDifference()
    {
        float other = BitConverter.UInt32BitsToSingle(0xffc00001);

        Assert.True(Compared.Run(SafetensorsBytes.One("w", 1, float.NaN), SafetensorsBytes.One("w", 1, other)).AreEqual);
    }

    [Fact]
    public void TypesSmallerThanAByteAreNumbersToo()
    {
        // 0x21: codes 1 and 2 of float4_e2m1fn are 0.5 and 1.
        static byte[] Make(string dtype, params byte[] data) =>
            SafetensorsBytes.File($$$"""{"w":{"dtype":"{{{dtype}}}","shape":[2],"data_offsets":[0,{{{data.Length}}}]}}""", data);
        var same = Compared.Run(Make("F4", 0x21), SafetensorsBytes.One("w", 0.5f, 1));
        var other = Compared.Run(Make("F4", 0x21), Make("F4", 0x31));

        Assert.Equal((CheckpointChange.DType, 0L), (Assert.Single(same.Differences).Change, same.Differences[0].DifferingElements));
        Assert.Equal([1L], Assert.Single(other.Differences).FirstDifference!.Index);
        Assert.Equal((1.0, 1.5), (other.Differences[0].FirstDifference!.Reference, other.Differences[0].FirstDifference!.Difference));
    }
}

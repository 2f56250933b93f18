using System.Runtime.InteropServices;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Health;
using LowMem.Checkpoints.Values.Statistics;

namespace LowMem.Checkpoints.Tests.Values.Statistics;

/// <summary>What statistics hand on to the health rules is what these find by a look of their own.</summary>
public class GatheredEvidenceTests
{
    private const int Count = 3 * StatisticsConsumer.MostKept;

    private static readonly DType Float32 = DType.Get("float32");

    public static TheoryData<string, float[]> Odd => new()
    {
        { "weights", [] },
        { "a NaN", [float.NaN] },
        { "both infinities and a NaN", [float.NegativeInfinity, float.NaN, float.PositiveInfinity] },
        { "zeros of both signs", [0f, -0f] },
        { "denormal numbers", [float.Epsilon, -float.Epsilon, 1.1e-38f, -1e-40f] },
        { "the least normal number", [1.17549435e-38f, -1.17549435e-38f] },
        { "the ends of the type", [float.MaxValue, float.MinValue] },
        { "denormal numbers beside a NaN", [1e-40f, float.NaN, 1e-39f, 0f] },
    };

    [Theory]
    [MemberData(nameof(Odd))]
    public void IsWhatALookOfTheirOwnFinds(string what, float[] odd)
    {
        var random = new Random(1);
        float[] numbers = [.. Enumerable.Range(0, Count).Select(_ => (float)(random.NextDouble() - 0.5))];
        for (int i = 0; i < odd.Length; i++)
        {
            // In the first block, at the edge of a chunk, and in the last that is not full.
            numbers[5 + i] = numbers[2048 + i] = numbers[^(1 + i)] = odd[i];
        }

        AssertSame(what, numbers);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1.5f)]
    [InlineData(1e-40f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void AlsoWhereAllAreTheSame(float number)
    {
        var numbers = new float[Count];
        Array.Fill(numbers, number);
        AssertSame("all", numbers);

        numbers[Count / 2] = number == 0 ? -number : 7;
        AssertSame("all but one", numbers);
    }

    [Fact]
    public void NothingIsGatheredForOtherTypesAndSmallTensors()
    {
        Assert.False(Create(DType.Get("float64"), 8L * Count, out _).GathersEvidence);
        Assert.False(Create(DType.Get("bfloat16"), 2L * Count, out _).GathersEvidence);
        Assert.False(Create(Float32, 4L * StatisticsConsumer.MostKept, out _).GathersEvidence);
        Assert.False(new StatisticsConsumer(Float32, 4L * Count, 1, []).GathersEvidence);
    }

    private static void AssertSame(string what, float[] numbers)
    {
        var bytes = MemoryMarshal.AsBytes<float>(numbers);
        var statistics = Create(Float32, bytes.Length, out var gathered);
        Assert.True(statistics.GathersEvidence);
        var looked = new EvidenceConsumer(0, Float32, bytes.Length, isBigEndian: false);
        foreach (var consumer in (IBlockConsumer[])[statistics, looked])
        {
            // The second block first, cut inside of an element.
            const int cut = 300_001;
            consumer.Consume(cut, bytes[cut..]);
            consumer.Consume(0, bytes[..cut]);
            consumer.Complete();
        }

        Assert.Equal((what, looked.Counts), (what, gathered.Counts));
        Assert.Equal((what, looked.Sample), (what, gathered.Sample));
        Assert.Equal((what, looked.Extremes.Largest, looked.Extremes.AreSame), (what, gathered.Extremes.Largest, gathered.Extremes.AreSame));
        Assert.True(!looked.Extremes.AreSame || looked.Extremes.Pattern == gathered.Extremes.Pattern);
    }

    private static StatisticsConsumer Create(DType type, long byteLength, out EvidenceConsumer evidence) =>
        new(type, byteLength, 1, [], evidence = new EvidenceConsumer(0, type, byteLength, isBigEndian: false));
}

using System.Text.Json;
using LowMem.Checkpoints.Comparison;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Comparison;

/// <summary>Figures of pairs of tensors are those of PyTorch and NumPy: see make_comparison.py.</summary>
public sealed class ComparedFiguresTests
{
    private static readonly string Folder = Path.Combine(FixtureFiles.Directory, "comparison");

    private static readonly JsonElement Expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "figures.json"))).RootElement;

    public static TheoryData<int> Tolerances => [0, 1, 2, 3];

    [Theory]
    [MemberData(nameof(Tolerances))]
    public void AreThoseOfPyTorchAndNumPy(int tolerance)
    {
        double[] pair = Expected.GetProperty("tolerances")[tolerance].Deserialize<double[]>()!;
        var all = Compare(new ComparisonOptions { AbsoluteTolerance = pair[0], RelativeTolerance = pair[1], IncludesEqual = true });

        Assert.Equal(Expected.GetProperty("tensors").EnumerateObject().Count(), all.Count);
        foreach (var item in Expected.GetProperty("tensors").EnumerateObject())
        {
            var found = all[item.Name];
            var differing = item.Value.GetProperty("Differing")[tolerance];
            Assert.Equal((item.Name, differing.GetProperty("Count").GetInt64()), (item.Name, found.DifferingElements));
            Assert.Equal((item.Name, item.Value.GetProperty("NonFinite").GetInt64()), (item.Name, found.NonFiniteDifferences));
            Assert.Equal(differing.GetProperty("First").Deserialize<long[]?>(), found.FirstDifference?.Index);
            AssertNear(item, "MaximumAbsolute", found.MaximumAbsoluteDifference);
            AssertNear(item, "MeanSquared", found.MeanSquaredDifference);
            if (found.MaximumAbsoluteDifference > 0)
            {
                AssertNear(item, "MaximumRelative", found.MaximumRelativeDifference);
                AssertNear(item, "Cosine", found.CosineSimilarity);
                AssertNear(item, "RelativeChange", found.RelativeChange);
            }
        }
    }

    [Fact]
    public void OfEqualTensorsAreThoseOfEqualTensors()
    {
        foreach (string key in (string[])["equal", "no elements"])
        {
            var equal = Compare(new ComparisonOptions { IncludesEqual = true })[key];

            Assert.Equal(
                (CheckpointChange.Equal, 0, 0, 0, 0, 1, 0, null),
                (equal.Change, equal.RelativeChange, equal.MaximumAbsoluteDifference, equal.MaximumRelativeDifference, equal.MeanSquaredDifference, equal.CosineSimilarity, equal.DifferingElements, equal.FirstDifference));
        }
    }

    [Fact]
    public void SayInWhatTensorsDiffer()
    {
        var all = Compare(new ComparisonOptions { IncludesEqual = true });

        Assert.Equal(CheckpointChange.Value, all["float32"].Change);
        Assert.Equal(CheckpointChange.DType, all["float32 and bfloat16"].Change);
        Assert.Equal(CheckpointChange.DType, all["float32 and itself as float64"].Change);
        Assert.Equal(0, all["float32 and itself as float64"].DifferingElements);
        Assert.Equal(CheckpointChange.DType, all["bool and uint8"].Change);
        Assert.Equal((true, (long)7), (all["bool and uint8"].FirstDifference!.Reference, all["bool and uint8"].FirstDifference!.Difference));
        Assert.Equal(false, all["bool"].FirstDifference!.Reference);
        Assert.Equal((1.5, 1.25), (all["no dimensions"].FirstDifference!.Reference, all["no dimensions"].FirstDifference!.Difference));
    }

    [Fact]
    public void ComeWithWhatMovedMostFirst()
    {
        var result = Compared.Run(Path.Combine(Folder, "reference.pt"), Path.Combine(Folder, "difference.pt"));
        double[] changes = [.. result.Differences.SkipWhile(item => item.NonFiniteDifferences > 0 || item.RelativeChange is null).Select(item => item.RelativeChange!.Value)];

        Assert.True(changes.Length > 10);
        Assert.Equal(changes.OrderDescending(), changes);
    }

    [Fact]
    public void AreTheSameHoweverManyThreadsThereAre()
    {
        string first = JsonSerializer.Serialize(Compare(new ComparisonOptions()));
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(first, JsonSerializer.Serialize(Compare(new ComparisonOptions())));
        }
    }

    private static Dictionary<string, CheckpointDifference> Compare(ComparisonOptions options)
    {
        var result = Compared.Run(Path.Combine(Folder, "reference.pt"), Path.Combine(Folder, "difference.pt"), options);
        Assert.Empty(result.Faults);
        return result.Differences.ToDictionary(item => item.Key);
    }

    private static void AssertNear(JsonProperty item, string name, double? found)
    {
        double? expected = item.Value.TryGetProperty(name, out var value) ? value.Deserialize<double?>() : found;
        Assert.True(
            expected == found || Math.Abs(expected!.Value - found!.Value) <= 1e-12 * Math.Max(1, Math.Abs(expected.Value)),
            $"{item.Name}: {name} is {found:R} instead of {expected:R}");
    }
}

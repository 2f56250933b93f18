using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Health;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Verification;

public sealed partial class ValueCheckTests
{
    private const long Large = 32 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Fixtures => [.. FixtureFiles.Names.Where(name => !FixtureFiles.Expectation(name).TryGetProperty("error", out _))];

    [Fact]
    public void CountsWhatIsNotFinite()
    {
        using var file = MutatedFile.With(new SafetensorsBytes()
            .Add("good", 1, 2, 3)
            .Add("bad", 1, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.NaN)
            .Build());
        long offset = Checkpoint.Open(file.Path, Token).Tensors.Single(tensor => tensor.Key == "bad").Offset;

        var verdict = Verify(file.Path);

        Assert.False(verdict.Passed);
        var finding = Assert.Single(verdict.Findings, finding => finding.Severity == FindingSeverity.Error);
        Assert.Equal((FindingCodes.NonFiniteValues, "bad", offset + 4), (finding.Code, finding.Key, finding.Offset));
        Assert.Equal("tensor 'bad' holds 2 NaN and 2 infinite of 5 values", finding.Message);
    }

    [Fact]
    public void AllowsWhatIsNotFiniteWhereItIsMeant()
    {
        using var file = MutatedFile.With(new SafetensorsBytes().Add("a.mask", float.NegativeInfinity).Add("b", 1).Build());
        var options = new VerificationOptions { Level = VerificationLevel.Values, AllowsNonFinite = key => key == "a.mask" };

        var verdict = CheckpointVerifier.Verify(file.Path, options, null, Token);

        Assert.True(verdict.Passed);
        Assert.Contains(verdict.Findings, finding => finding is { Severity: FindingSeverity.Information, Code: FindingCodes.NonFiniteValues });
    }

    [Fact]
    public void TellsOfZeroAndDenormalTensorsWithoutFailingThem()
    {
        using var file = MutatedFile.With(new SafetensorsBytes()
            .Add("zero", 0, -0f, 0)
            .Add("denormal", float.Epsilon, 1, -float.Epsilon, 0)
            .Add("integers", "I32", new[] { 0, 0, -1 })
            .Build());

        var verdict = Verify(file.Path);

        Assert.True(verdict.Passed);
        Assert.Equal(
            [(FindingCodes.AllZero, "zero", "tensor 'zero' is all zero"), (FindingCodes.DenormalValues, "denormal", "tensor 'denormal' holds 2 denormal of 4 values")],
            verdict.Findings.Where(finding => finding.Key is not null).Select(finding => (finding.Code, finding.Key!, finding.Message)));
    }

    [Fact]
    public void FindsOneBadValueWhereverItLies()
    {
        // Larger than a part that one thread reads, not a multiple of anything.
        var values = new float[(Large / 4) + 100_003];
        Array.Fill(values, 1);
        foreach (int place in new[] { 0, 1, 131_071, 131_072, (int)(Large / 4) - 1, (int)(Large / 4), values.Length - 1 })
        {
            values[place] = float.NaN;
            using var file = MutatedFile.With(SafetensorsBytes.One("w", values));
            values[place] = 1;
            long offset = Checkpoint.Open(file.Path, Token).Tensors[0].Offset;

            var finding = Assert.Single(Verify(file.Path).Findings, finding => finding.Severity == FindingSeverity.Error);

            Assert.Equal($"tensor 'w' holds 1 NaN and 0 infinite of {values.Length} values", finding.Message);
            Assert.Equal(offset + (place * 4L), finding.Offset);
        }
    }

    /// <summary>
    /// Every tensor of every fixture, whatever its type, strides, byte order or compression, against counting its packed
    /// values; then again with NaN written into the file at every fifth place, seen by some views and not by others.
    /// </summary>
    [Theory]
    [MemberData(nameof(Fixtures))]
    public void CountsWhatTheTensorHoldsAndNothingElse(string name)
    {
        string path = FixtureFiles.PathOf(name);
        Compare(path);
        var tensors = Checkpoint.Open(path, Token).Tensors;
        if (Directory.Exists(path) || !tensors.Any(tensor => tensor.DType == "float32" && tensor.Offset >= 0))
        {
            return;
        }

        using var file = MutatedFile.Of(name, bytes =>
        {
            foreach (var storage in tensors.Where(tensor => tensor.DType == "float32" && tensor.Offset >= 0).Select(tensor => tensor.Storage!).Distinct())
            {
                var numbers = MemoryMarshal.Cast<byte, uint>(bytes.AsSpan((int)storage.Offset, (int)storage.ByteLength));
                for (int i = 2; i < numbers.Length; i += 5)
                {
                    numbers[i] = 0xffffffff;
                }
            }

            return bytes;
        });
        Compare(file.Path);
    }

    [Fact]
    public void CountsAnExpandedTensorWithoutExpandingIt()
    {
        var tensor = new TensorInfo
        {
            Key = "wide",
            DType = "float32",
            Shape = [1L << 40, 2, 1L << 10],
            Stride = [0, 1, 0],
            ElementCount = 1L << 51,
            ByteLength = 1L << 53,
            Offset = 0,
            StorageKey = "0",
            IsContiguous = false,
            Path = "file",
            Checkpoint = "file",
            Format = CheckpointFormats.PyTorchZip,
            Storage = new StorageExtent(0, 8),
        };

        var (distinct, repeat) = DistinctElements.Of(tensor);

        Assert.Equal(1L << 50, repeat);
        Assert.Equal([2L, 1L, 1L], distinct.Shape);
        Assert.Equal((2, 8), (distinct.ElementCount, distinct.ByteLength));
        Assert.True(distinct.IsContiguous);
    }

    private static void Compare(string path)
    {
        var verdict = Verify(path);
        using var reader = new TensorDataReader();
        foreach (var tensor in Checkpoint.Open(path, Token).Tensors)
        {
            if (tensor.UnreadableReason is not null || DType.Find(tensor.DType) is not { } type || !ValueCounter.CanCount(type) || tensor.ElementCount == 0)
            {
                continue;
            }

            var bytes = new byte[tensor.ByteLength];
            reader.Read(tensor, 0, bytes, Token);
            var counts = ValueCounter.Count(type, bytes);
            var findings = verdict.Findings.Where(finding => finding.Key == tensor.Key).ToList();

            Assert.Equal(
                (counts.NaN, counts.Infinite),
                findings.SingleOrDefault(finding => finding.Code == FindingCodes.NonFiniteValues) is { } found ? Figures(found) : (0, 0));
            Assert.Equal(counts.Zero == counts.Numbers, findings.Any(finding => finding.Code == FindingCodes.AllZero));
            Assert.Equal(counts.Denormal > 0, findings.Any(finding => finding.Code == FindingCodes.DenormalValues));
        }
    }

    private static (long NaN, long Infinite) Figures(CheckpointFinding finding)
    {
        var match = FiguresPattern().Match(finding.Message);
        return (
            long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture),
            long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
    }

    private static CheckpointVerdict Verify(string path) =>
        CheckpointVerifier.Verify(path, new VerificationOptions { Level = VerificationLevel.Values }, null, Token);

    [GeneratedRegex("holds ([0-9]+) NaN and ([0-9]+) infinite")]
    private static partial Regex FiguresPattern();
}

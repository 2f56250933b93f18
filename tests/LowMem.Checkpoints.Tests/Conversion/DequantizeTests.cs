using System.Runtime.InteropServices;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Scaled;

namespace LowMem.Checkpoints.Tests.Conversion;

/// <summary>Weights with scales are written as the numbers that they stand for.</summary>
public sealed class DequantizeTests : IDisposable
{
    private readonly CheckpointDirectory directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Every fixture with scales that are understood.</summary>
    public static TheoryData<string> Names =>
        [.. FixtureFiles.Names.Select(FixtureFiles.PathOf).Concat(Directory.GetDirectories(Path.Combine(FixtureFiles.Directory, "scaled")))
            .Where(HasNumbers).Select(path => Path.GetRelativePath(FixtureFiles.Directory, path))];

    public void Dispose() => directory.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void TheNumbersAreThoseThatAreReadAndTheScalesAreGone(string name)
    {
        string path = Path.Combine(FixtureFiles.Directory, name);
        var source = Checkpoint.Open(path, Token);
        var scaled = ScaledTensors.Find(source, Token);
        string[] unknown = [.. scaled.All.Where(tensor => tensor.Problem is not null).Select(tensor => tensor.Stored.Key)];
        var known = scaled.All.Where(tensor => tensor.Problem is null).ToList();
        var options = new ConversionOptions
        {
            Dequantizes = true,
            Filter = new KeyChoice(key => !unknown.Contains(key) && (known.Any(tensor => tensor.Key == key) || source.Tensors.Any(tensor => tensor.Key == key && IsPlain(tensor)))),
        };

        string output = Converted.Run(path, Path.Combine(directory.Path, "numbers.safetensors"), options).Path;

        var written = Checkpoint.Open(output, Token).Tensors.ToDictionary(tensor => tensor.Key);
        var values = Converted.ReadAll(output);
        Assert.NotEmpty(known);
        foreach (var tensor in known)
        {
            using var reader = new TensorDataReader(source);
            var view = ScaledView.Of(tensor);
            float[] expected = new float[view.ElementCount];
            new ScaledReader(reader, view).Read(0, expected, Token);
            Assert.Equal("float32", written[tensor.Key].DType);
            Assert.Equal(tensor.Shape, written[tensor.Key].Shape);
            Assert.Equal(MemoryMarshal.AsBytes<float>(expected), values[tensor.Key]);
            Assert.All(tensor.ScaleKeys, key => Assert.DoesNotContain(key, written.Keys));
        }

        bool IsPlain(TensorInfo tensor) => tensor.Quantization is null && tensor.Layout == TensorLayouts.Strided;
    }

    [Fact]
    public void ScalesThatAreNotUnderstoodAreOneErrorThatNamesThem()
    {
        string path = Path.Combine(FixtureFiles.Directory, "scaled", "plain");
        var unknown = ScaledTensors.Find(Checkpoint.Open(path, Token), Token).All.Where(tensor => tensor.Problem is not null).ToList();

        var error = Assert.Throws<CheckpointException>(() => Converted.Plan(path, Path.Combine(directory.Path, "out.pt"), new ConversionOptions { Dequantizes = true }));

        Assert.NotEmpty(unknown);
        Assert.Equal(CheckpointErrorIds.ConversionUnsupported, error.ErrorId);
        Assert.All(unknown, tensor => Assert.Contains($"'{tensor.Key}': ", error.Message, StringComparison.Ordinal));
    }

    private static bool HasNumbers(string path)
    {
        try
        {
            return ScaledTensors.Find(Checkpoint.Open(path)).All.Any(tensor => tensor.Problem is null);
        }
        catch (CheckpointException)
        {
            return false;
        }
    }
}

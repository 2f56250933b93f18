using System.Security.Cryptography;
using System.Text.Json;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Tests.Fixtures;

/// <summary>Tensors that are more than an offset, a shape and strides over one storage.</summary>
public sealed class TensorKindTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    public static TheoryData<string> Quantized => ["quantized", "quantized-sub-byte"];

    [Theory]
    [MemberData(nameof(Quantized))]
    public void QuantizedTensorsSayWhatTheirIntegersStandFor(string name)
    {
        var tensors = Open(name).ToDictionary(tensor => tensor.Key);
        int count = 0;
        foreach (var expected in Expected(name).Where(tensor => tensor.TryGetProperty("quantization", out _)))
        {
            var want = expected.GetProperty("quantization");
            var tensor = tensors[expected.GetProperty("key").GetString()!];
            var quantization = Assert.IsType<TensorQuantization>(tensor.Quantization);
            Assert.Equal(want.GetProperty("scheme").GetString(), quantization.Scheme);
            if (want.TryGetProperty("scale", out var scale))
            {
                Assert.Equal(scale.GetDouble(), quantization.Scale);
                Assert.Equal(want.GetProperty("zero_point").GetInt64(), quantization.ZeroPoint);
                Assert.Null(quantization.Axis);
                Assert.Empty(tensor.Components);
            }
            else
            {
                Assert.Equal(want.GetProperty("axis").GetInt64(), quantization.Axis);
                Assert.Null(quantization.Scale);
                Assert.Null(quantization.ZeroPoint);
                Assert.Equal(["scales", "zero_points"], tensor.Components.Keys);
                Assert.Equal(Doubles(want.GetProperty("scales")), Read(tensor.Components["scales"]));
                Assert.Equal(Doubles(want.GetProperty("zero_points")), Read(tensor.Components["zero_points"]));
            }

            Assert.Null(tensor.UnreadableReason);
            count++;
        }

        Assert.NotEqual(0, count);
    }

    [Fact]
    public void SparseTensorsAreListedWithReadableComponents()
    {
        using var reader = new TensorDataReader();
        var tensors = Open("sparse").ToDictionary(tensor => tensor.Key);
        int count = 0;
        foreach (var expected in Expected("sparse").Where(tensor => tensor.TryGetProperty("parts", out _)))
        {
            var tensor = tensors[expected.GetProperty("key").GetString()!];
            Assert.NotNull(tensor.UnreadableReason);
            var parts = expected.GetProperty("parts").EnumerateArray().ToList();
            Assert.Equal(parts.Select(part => part.GetProperty("key").GetString()), tensor.Components.Keys);
            foreach (var (want, component) in parts.Zip(tensor.Components.Values))
            {
                Assert.Equal(want.GetProperty("dtype").GetString(), component.DType);
                Assert.Equal(want.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()), component.Shape);
                Assert.Equal(want.GetProperty("storage_key").GetString(), component.StorageKey);
                Assert.True(component.Offset >= 0 || component.ByteLength == 0);
                var bytes = new byte[component.ByteLength];
                reader.Read(component, 0, bytes, None);
                Assert.Equal(want.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(bytes)));
                count++;
            }
        }

        Assert.True(count >= 9);
    }

    [Theory]
    [InlineData("csc", "ccol_indices,row_indices,values")]
    [InlineData("bsr", "crow_indices,col_indices,values")]
    [InlineData("bsc", "ccol_indices,row_indices,values")]
    [InlineData("coo", "indices,values")]
    public void EveryCompressedLayoutHasItsOwnComponents(string key, string names)
    {
        var tensor = Open("newer-sparse").Single(tensor => tensor.Key == key);

        Assert.Equal(names.Split(','), tensor.Components.Keys);
        Assert.All(tensor.Components.Values, component => Assert.Null(component.UnreadableReason));
    }

    [Fact]
    public void TheStoragesOfComponentsCountInTheSummary()
    {
        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf("sparse"), None);

        long expected = checkpoint.Tensors
            .SelectMany(tensor => tensor.Components.Values.Prepend(tensor))
            .Where(part => part.StorageKey is not null)
            .DistinctBy(part => part.StorageKey)
            .Sum(part => part.GetStorageByteLength());
        Assert.Equal(expected, checkpoint.GetSummary().ByteLength);
        Assert.True(expected > checkpoint.Tensors.Sum(tensor => tensor.GetStorageByteLength()));
    }

    [Fact]
    public void ElementsSmallerThanAByteAreReadAsTheyArePacked()
    {
        using var reader = new TensorDataReader();
        foreach (var tensor in Open("dtypes-sub-byte"))
        {
            var bytes = new byte[tensor.ByteLength];
            reader.Read(tensor, 0, bytes, None);
            string want = Expected("dtypes-sub-byte").Single(item => item.GetProperty("key").GetString() == tensor.Key).GetProperty("hex").GetString()!;
            Assert.Equal(want, Convert.ToHexStringLower(bytes));
        }
    }

    [Fact]
    public void ATensorOnMetaHasNoBytes()
    {
        var tensor = Open("meta").Single(tensor => tensor.Key == "on_meta");
        Assert.Equal(-1, tensor.Offset);
        Assert.Contains("meta", tensor.UnreadableReason, StringComparison.Ordinal);
        Assert.Null(tensor.StorageKey);
    }

    private static List<TensorInfo> Open(string name) => [.. Checkpoint.Open(FixtureFiles.PathOf(name), None).Tensors];

    private static JsonElement.ArrayEnumerator Expected(string name) =>
        FixtureFiles.Expectation(name).GetProperty("tensors").EnumerateArray();

    private static IEnumerable<double> Doubles(JsonElement list) => list.EnumerateArray().Select(item => item.GetDouble());

    private static IEnumerable<double> Read(TensorInfo tensor)
    {
        using var reader = new TensorDataReader();
        var bytes = new byte[tensor.ByteLength];
        reader.Read(tensor, 0, bytes, None);
        int size = DType.Get(tensor.DType).ByteSize;
        return [.. Enumerable.Range(0, (int)tensor.ElementCount).Select(i => tensor.DType switch
        {
            "float64" => BitConverter.ToDouble(bytes, i * size),
            "float32" => BitConverter.ToSingle(bytes, i * size),
            "int64" => BitConverter.ToInt64(bytes, i * size),
            var other => throw new InvalidOperationException($"no comparison for {other}"),
        })];
    }
}

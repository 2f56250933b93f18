using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Arrays;
using LowMem.Checkpoints.Values.Scaled;
using LowMem.Checkpoints.Values.Slices;
using LowMem.Checkpoints.Values.Statistics;

namespace LowMem.Checkpoints.Tests.Values.Scaled;

/// <summary>Numbers of weights with scales, against exact arithmetic in NumPy and PyTorch's dequantize(); see make_scaled.py.</summary>
public sealed class ScaledTensorTests
{
    private static readonly string Root = Path.Combine(FixtureFiles.Directory, "scaled");

    private static readonly JsonElement Expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Root, "expected.json"))).RootElement;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Cases => [.. Expected.EnumerateObject()
        .SelectMany(file => file.Value.EnumerateObject().Select(tensor => new TheoryDataRow<string, string>(file.Name, tensor.Name)))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void NumbersAreExact(string file, string key)
    {
        var checkpoint = Open(file);
        var scaled = ScaledTensors.Find(checkpoint, Token).All.Single(tensor => tensor.Key == key);
        var expected = Expected.GetProperty(file).GetProperty(key);
        using var reader = new TensorDataReader(checkpoint);
        var view = ScaledView.Of(scaled);
        float[] numbers = new float[view.ElementCount];
        new ScaledReader(reader, view).Read(0, numbers, Token);

        Assert.Equal(expected.GetProperty("scheme").GetString(), scaled.Scheme);
        Assert.Equal(expected.GetProperty("shape").Deserialize<long[]>(), scaled.Shape);
        Assert.Equal(expected.GetProperty("last").Deserialize<double[]>(), numbers[^Math.Min(3, numbers.Length)..].Select(number => (double)number));
        Assert.Equal(expected.GetProperty("sha256").GetString(), Sha256(numbers));

        // The same by the pass, with its hash, figures and first numbers.
        var figures = Scan(checkpoint, view).Single();
        Assert.Equal((expected.GetProperty("sha256").GetString(), key, "float32", scaled.Scheme), (figures.Hash, figures.Key, figures.DType, figures.Scheme));
        Assert.Equal(scaled.Shape, figures.Shape);
        Assert.Equal(numbers.Take(5).Select(number => (object)(double)number), figures.First);
        Assert.Equal((double)numbers.Max(), figures.Maximum);
        Assert.Equal(numbers.Length, figures.Histogram?.Counts.Sum() ?? numbers.Length);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void EverySliceIsThatOfTheWhole(string file, string key)
    {
        var checkpoint = Open(file);
        var scaled = ScaledTensors.Find(checkpoint, Token).All.Single(tensor => tensor.Key == key);
        using var reader = new TensorDataReader(checkpoint);
        var whole = TensorArray.Read(reader, ScaledView.Of(scaled), null, Token);
        if (whole is not Array { Length: > 0 } all)
        {
            return;
        }

        string[] slices = scaled.Scheme == ScaleSchemes.MxFloat4 ? ["-1", "0, 1:", "..., 1:3, :", "::2"] : ["-1", "1:", "..., -1", "..., 1::3", "::2", "1:, ..., 2:5"];
        foreach (string text in slices)
        {
            Assert.True(TensorSlice.TryParse(text, out var slice, out _));
            ScaledView view;
            try
            {
                view = ScaledView.Of(scaled, slice);
            }
            catch (CheckpointException exception) when (exception.ErrorId == CheckpointErrorIds.SliceInvalid)
            {
                continue;
            }

            // What the slice means is known of plain tensors.
            float[] flat = new float[all.Length];
            Buffer.BlockCopy(all, 0, flat, 0, flat.Length * sizeof(float));
            using var plain = MutatedFile.With(new SafetensorsBytes().Add("x", "F32", [.. scaled.Shape], flat).Build());
            var copy = Checkpoint.Open(plain.Path, Token);
            using var plainReader = new TensorDataReader(copy);
            var expected = TensorArray.Read(plainReader, slice.Apply(new TensorView(copy.Tensors[0])), null, Token);

            Assert.Equal(expected, TensorArray.Read(reader, view, null, Token));
            Assert.Equal(
                new StatisticsScan(copy, [slice.Apply(new TensorView(copy.Tensors[0]))]) { ComputesHash = true }.Run(null, Token).Single().Hash,
                Scan(checkpoint, view).Single().Hash);
        }
    }

    [Fact]
    public void WhatFitsNoSchemeIsUnknownAndNotGuessed()
    {
        var all = ScaledTensors.Find(Open("plain/model.safetensors"), Token);

        Assert.Null(all.OfStored("alone.weight"));
        Assert.Equal(ScaleSchemes.Unknown, all.OfStored("packed.qweight")!.Scheme);
        Assert.Equal("integers with 'packed.scales' beside them are of no scheme known here", all.OfStored("packed.qweight")!.Problem);
        Assert.Equal(
            "scales 'odd.weight_scale_inv' of shape [2, 5] do not fit [6, 5] in blocks of 128 x 128; 'weight_block_size' in config.json says which blocks there are",
            all.OfStored("odd.weight")!.Problem);
        Assert.False(all.AreScales("odd.weight_scale_inv"));
        Assert.True(all.AreScales("tensor.weight_scale"));
        var exception = Assert.Throws<CheckpointException>(() => ScaledView.Of(all.OfStored("odd.weight")!));
        Assert.Equal(CheckpointErrorIds.Unsupported, exception.ErrorId);
    }

    [Fact]
    public void TheLastDimensionOfPairsIsReadWhole()
    {
        var scaled = ScaledTensors.Find(Open("plain/model.safetensors"), Token).All.Single(tensor => tensor.Scheme == ScaleSchemes.MxFloat4);
        foreach (string text in new[] { "..., 0", "..., 1:", "..., ::2", "0, 0, 0" })
        {
            Assert.True(TensorSlice.TryParse(text, out var slice, out _));
            Assert.Equal(CheckpointErrorIds.Unsupported, Assert.Throws<CheckpointException>(() => ScaledView.Of(scaled, slice)).ErrorId);
        }
    }

    [Theory]
    [InlineData("", null, null)]
    [InlineData("[]", null, null)]
    [InlineData("{\"quantization_config\": 3}", null, null)]
    [InlineData("{\"quantization_config\": {\"quant_method\": 3, \"weight_block_size\": [1, 2, 3]}}", null, null)]
    [InlineData("{\"quantization_config\": {\"quant_method\": \"fp8\", \"weight_block_size\": [64, -1]}}", "fp8", null)]
    [InlineData("{\"quantization_config\": {\"quant_method\": \"fp8\", \"weight_block_size\": [64, 1e40]}}", "fp8", null)]
    [InlineData("{\"quantization_config\": {\"weight_block_size\": [64, 32]}}", null, 64L)]
    public void TakesFromAConfigWhatItSays(string json, string? method, long? rows)
    {
        var config = QuantizationConfig.Parse(System.Text.Encoding.UTF8.GetBytes(json));

        Assert.Equal((method, rows), (config.Method, config.BlockSize?.Rows));
    }

    [Fact]
    public void HealthIsThatOfTheNumbers()
    {
        // Codes are up to 448, as they should be; half of the numbers are beyond 100 only with the larger scale.
        byte[] codes = [.. Enumerable.Range(0, 256).Select(i => (byte)(0x70 + (i % 14)))];
        using var file = MutatedFile.With(new SafetensorsBytes()
            .Add("a.weight", "F8_E4M3", [16, 16], codes).Add("a.weight_scale", 0.001f)
            .Add("b.weight", "F8_E4M3", [16, 16], codes).Add("b.weight_scale", 100f)
            .Build());
        var checkpoint = Checkpoint.Open(file.Path, Token);
        var views = ScaledTensors.Find(checkpoint, Token).All.Select(tensor => ScaledView.Of(tensor)).ToArray();

        Assert.Equal([[], [FindingCodes.ExplodingNorm]], Scan(checkpoint, views).Select(figures => figures.Health));
        Assert.All(new StatisticsScan(checkpoint, checkpoint.Tensors).Run(null, Token), figures => Assert.Empty(figures.Health));
    }

    [Fact]
    public void HostileSizesAreErrorsOfTheReader()
    {
        var stored = new TensorInfo
        {
            Key = "x_blocks",
            DType = "uint8",
            Shape = [1L << 40, 1L << 18, 16],
            Stride = [0, 0, 0],
            ElementCount = 1L << 62,
            ByteLength = 1L << 62,
            Offset = 0,
            StorageKey = "0",
            IsContiguous = false,
            Path = "file",
            Checkpoint = "file",
            Format = CheckpointFormats.PyTorchZip,
            Storage = new StorageExtent(0, 8),
        };
        var scales = stored with { Key = "x_scales", Shape = [1L << 40, 1L << 18], Stride = [0, 0], ElementCount = 1L << 58, ByteLength = 1L << 58 };
        var scaled = ScaledTensors.Find(new Checkpoint { Path = "file", Format = CheckpointFormats.PyTorchZip, Tensors = [stored, scales], Files = [] }, Token).All.Single();

        Assert.Equal(ScaleSchemes.MxFloat4, scaled.Scheme);
        Assert.Equal(CheckpointErrorIds.Unsupported, Assert.Throws<CheckpointException>(() => ScaledView.Of(scaled)).ErrorId);
        var some = scaled with { Shape = [1L << 20, 1L << 18, 32] };
        Assert.True(TensorSlice.TryParse("0", out var slice, out _));
        using var reader = new TensorDataReader();
        var view = ScaledView.Of(some, slice);
        Assert.Contains("scales, more than are kept", Assert.Throws<CheckpointException>(() => new ScaledReader(reader, view).Read(0, new float[32], Token)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ABlockThatIsTheWholeIsABlock()
    {
        using var file = MutatedFile.With(new SafetensorsBytes()
            .Add("a.weight", "F8_E4M3", [2, 2], new byte[4]).Add("a.weight_scale_inv", "F32", [1, 1], [2f])
            .Add("b.weight", "F8_E4M3", [2, 2], new byte[4]).Add("b.weight_scale_inv", "F32", [1], [2f])
            .Add("empty.weight", "F8_E4M3", [0, 2], Array.Empty<byte>()).Add("empty.weight_scale_inv", "F32", [0, 1], Array.Empty<float>())
            .Build());
        var checkpoint = Checkpoint.Open(file.Path, Token);
        var all = ScaledTensors.Find(checkpoint, Token).All;

        Assert.Equal(["fp8-block", "fp8-tensor", "fp8-block"], all.Select(tensor => tensor.Scheme));
        Assert.Equal([4L, 4, 0], Scan(checkpoint, [.. all.Select(tensor => ScaledView.Of(tensor))]).Select(figures => figures.ElementCount));
    }

    [Fact]
    public void ReadsLargeWeightsOnAllCores()
    {
        byte[] codes = [.. Enumerable.Range(0, 1024 * 1500).Select(i => (byte)(i * 7 % 126))];
        float[] scales = [.. Enumerable.Range(0, 8 * 12).Select(i => 1f + i)];
        using var file = MutatedFile.With(new SafetensorsBytes()
            .Add("w.weight", "F8_E4M3", [1024, 1500], codes).Add("w.weight_scale_inv", "F32", [8, 12], scales)
            .Build());
        var checkpoint = Checkpoint.Open(file.Path, Token);
        var view = ScaledView.Of(ScaledTensors.Find(checkpoint, Token).All.Single());
        using var reader = new TensorDataReader(checkpoint);
        float[,] array = (float[,])TensorArray.Read(reader, view, null, Token);
        var plain = new float[codes.Length];
        LowMem.Checkpoints.Values.Elements.ElementConverter.ToSingle(DType.Get("float8_e4m3fn"), codes, plain);

        for (int row = 0; row < 1024; row += 61)
        {
            for (int column = 0; column < 1500; column++)
            {
                Assert.Equal(plain[(row * 1500) + column] * scales[(row / 128 * 12) + (column / 128)], array[row, column]);
            }
        }

        float[] flat = new float[codes.Length];
        Buffer.BlockCopy(array, 0, flat, 0, flat.Length * sizeof(float));
        Assert.Equal(Sha256(flat), Scan(checkpoint, view).Single().Hash);
    }

    private static Checkpoint Open(string file) => Checkpoint.Open(Path.GetFullPath(Path.Combine(Root, file)), Token);

    private static string Sha256(float[] numbers) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(numbers.AsSpan())));

    private static List<TensorStatistics> Scan(Checkpoint checkpoint, params ScaledView[] views) => [.. new StatisticsScan(checkpoint, [.. views.Select(view => view.Codes)])
    {
        Scaled = views.ToDictionary(view => view.Codes),
        ComputesHash = true,
        FirstCount = 5,
        BinCount = 4,
    }.Run(null, Token)];
}

using System.Text.Json;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Arrays;
using LowMem.Checkpoints.Values.Scaled;
using LowMem.Checkpoints.Values.Slices;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Memory;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import;

public class TensorLoaderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Of every layout, byte order and type: what PyTorch holds, by the hash of its values.</summary>
    [Theory]
    [InlineData("state-dict.pt")]
    [InlineData("dtypes.pt")]
    [InlineData("newer-dtypes.pt")]
    [InlineData("strides.pt")]
    [InlineData("shared-storages.pt")]
    [InlineData("conj-and-neg.pt")]
    [InlineData("newer-big-endian.pt")]
    [InlineData("empty-and-zero-dim.pt")]
    [InlineData("repacked-deflated.pt")]
    [InlineData("dcp")]
    [InlineData("dtypes-safetensors.safetensors")]
    public void EveryTensorIsThatOfPyTorch(string name)
    {
        string path = Path.Combine(TestFiles.Fixtures, name);
        var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(TestFiles.Fixtures, $"{Path.GetFileNameWithoutExtension(name)}.expected.json")))
            .RootElement.GetProperty("tensors").EnumerateArray().ToDictionary(item => item.GetProperty("key").GetString()!);
        var checkpoint = Checkpoint.Open(path, Token);
        using var loader = new TensorLoader(checkpoint);
        int seen = 0;
        foreach (var info in checkpoint.Tensors.Where(info => info.UnreadableReason is null && info.Layout == "strided" && expected.ContainsKey(info.Key)))
        {
            Tensor tensor;
            try
            {
                tensor = loader.Load(new TensorView(info), null, Token);
            }
            catch (CheckpointException exception)
            {
                Assert.Equal(CheckpointErrorIds.Unsupported, exception.ErrorId);
                Assert.True(DType.Get(info.DType) is { Kind: DTypeKind.Quantized } or { BitSize: < 8 });
                continue;
            }

            using (tensor)
            {
                Assert.Equal(info.Shape, tensor.shape);
                Assert.False(tensor.requires_grad);
                if (expected[info.Key].TryGetProperty("sha256", out var hash))
                {
                    Assert.Equal(hash.GetString(), TestFiles.GetHash(tensor));
                    seen++;
                }
            }
        }

        Assert.True(seen > 0);
    }

    [Fact]
    public void AFileStaysMappedUntilTheLastTensorInItIsGone()
    {
        using var directory = new TempDirectory();
        string path = directory["x.safetensors"];
        TestFiles.WriteSafetensors(path, ("a", "F32", [2, 3], TestFiles.Bytes(1f, 2, 3, 4, 5, 6)), ("b", "F32", [2], TestFiles.Bytes(7f, 8)));
        var checkpoint = Checkpoint.Open(path, Token);
        Tensor first;
        Tensor column;
        using (var loader = new TensorLoader(checkpoint))
        {
            first = loader.Load(new TensorView(checkpoint.Tensors[0]), null, Token);
            Assert.True(TensorSlice.TryParse(":, 1", out var slice, out _));
            column = loader.Load(slice.Apply(new TensorView(checkpoint.Tensors[0])), null, Token);
        }

        Assert.Equal(1, MemoryMap.CountLive(path));
        Assert.Equal(TestFiles.Bytes(2f, 5f), TestFiles.GetBytes(column));
        Assert.Equal([2L], column.shape);

        // A write changes a copy of the page, for both, and never the file.
        column.fill_(9);
        using (var changed = first[0, 1])
        {
            Assert.Equal(9f, changed.item<float>());
        }

        first.Dispose();
        Assert.Equal(1, MemoryMap.CountLive(path));
        column.Dispose();
        Assert.Equal(0, MemoryMap.CountLive(path));
        using var again = new TensorLoader(checkpoint);
        using var value = again.Load(new TensorView(checkpoint.Tensors[0]), null, Token);
        Assert.Equal(TestFiles.Bytes(1f, 2, 3, 4, 5, 6), TestFiles.GetBytes(value));
    }

    [Fact]
    public void SlicesAreThoseOfArrays()
    {
        foreach (string name in new[] { "strides.pt", "newer-big-endian.pt", "repacked-deflated.pt", "dcp" })
        {
            var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Fixtures, name), Token);
            using var loader = new TensorLoader(checkpoint);
            using var reader = new TensorDataReader(checkpoint);
            foreach (var info in checkpoint.Tensors.Where(info => info.DType == "float32" && info.Shape.Length == 2 && info.ElementCount > 0))
            {
                foreach (string text in new[] { "-1", ":, 0", "::2, -1:", "0:0" })
                {
                    Assert.True(TensorSlice.TryParse(text, out var slice, out _));
                    var view = slice.Apply(new TensorView(info));
                    using var tensor = loader.Load(view, null, Token);

                    Assert.Equal(view.Shape, tensor.shape);
                    Assert.Equal(((Array)TensorArray.Read(reader, view, null, Token)).Cast<float>().ToArray() is var numbers ? TestFiles.Bytes(numbers) : [], TestFiles.GetBytes(tensor));
                }
            }
        }
    }

    [Fact]
    public void NumbersOfScaledWeightsAreFloats()
    {
        var checkpoint = Checkpoint.Open(Path.Combine(TestFiles.Fixtures, "scaled", "plain", "model.safetensors"), Token);
        using var loader = new TensorLoader(checkpoint);
        using var reader = new TensorDataReader(checkpoint);
        var view = ScaledView.Of(ScaledTensors.Find(checkpoint, Token).All.Single(tensor => tensor.Scheme == ScaleSchemes.MxFloat4));
        using var tensor = loader.Load(view, null, Token);

        Assert.Equal(ScalarType.Float32, tensor.dtype);
        Assert.Equal([2L, 3, 64], tensor.shape);
        Assert.Equal(((Array)TensorArray.Read(reader, view, null, Token)).Cast<float>(), tensor.data<float>().ToArray());
    }

    [Fact]
    public void WhatTorchHasNoTensorOfIsAClearError()
    {
        var quantized = Checkpoint.Open(Path.Combine(TestFiles.Fixtures, "quantized.pt"), Token);
        var small = Checkpoint.Open(Path.Combine(TestFiles.Fixtures, "dtypes-sub-byte.safetensors"), Token);
        using var loader = new TensorLoader(quantized);
        using var other = new TensorLoader(small);

        var exception = Assert.Throws<CheckpointException>(() => loader.Load(new TensorView(quantized.Tensors[0]), null, Token));
        Assert.Equal(CheckpointErrorIds.Unsupported, exception.ErrorId);
        Assert.Contains("-Dequantize", exception.Message, StringComparison.Ordinal);
        Assert.Equal(
            CheckpointErrorIds.Unsupported,
            Assert.Throws<CheckpointException>(() => other.Load(new TensorView(small.Tensors.First(tensor => DType.Get(tensor.DType).BitSize < 8)), null, Token)).ErrorId);
    }

    [Fact]
    public void AFileThatChangedIsAnErrorAndLeavesNothing()
    {
        using var directory = new TempDirectory();
        string path = directory["x.safetensors"];
        TestFiles.WriteSafetensors(path, ("a", "F32", [1], TestFiles.Bytes(1f)));
        var checkpoint = Checkpoint.Open(path, Token);
        TestFiles.WriteSafetensors(path, ("a", "F32", [2], TestFiles.Bytes(1f, 2)));
        using var loader = new TensorLoader(checkpoint);

        Assert.Equal(CheckpointErrorIds.Changed, Assert.Throws<CheckpointException>(() => loader.Load(new TensorView(checkpoint.Tensors[0]), null, Token)).ErrorId);
        Assert.Equal(0, MemoryMap.CountLive(path));
    }
}

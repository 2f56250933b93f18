using LowMem.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Import;

/// <summary>Files that TorchSharp itself writes.</summary>
public class TorchSharpFileTests
{
    [Fact]
    public void The_fixture_is_what_TorchSharp_writes()
    {
        using var scope = NewDisposeScope();
        using var content = new MemoryStream();
        using var writer = new BinaryWriter(content);

        // Known to tests/fixtures/generator/interop_files.py, which states what the file holds.
        nn.Module.save_state_dict(writer, new Dictionary<string, Tensor>
        {
            ["layer.weight"] = arange(6, ScalarType.Float32).reshape(2, 3),
            ["layer.bias"] = tensor(new[] { 0.5, -2 }),
            ["half"] = tensor(new[] { 1f, -0.25f }).to(ScalarType.Float16),
            ["brain"] = tensor(new[] { 1f, -3f }).to(ScalarType.BFloat16),
            ["mask"] = tensor(new[] { true, false, true }),
            ["steps"] = tensor(7L),
            ["bytes"] = tensor(new byte[] { 0, 255 }),
            ["empty"] = empty(0, 3),
            ["complex"] = complex(tensor(new[] { 1f, 3f }), tensor(new[] { 2f, -4f })),
            ["größe"] = tensor(Enumerable.Range(0, 200).ToArray()),
        });

        var path = Path.Combine(TestFiles.Fixtures, "torchsharp.dat");
        Assert.Equal(Convert.ToHexString(content.ToArray()), Convert.ToHexString(File.ReadAllBytes(path)));
    }

    [Fact]
    public void A_saved_module_is_listed_bit_by_bit()
    {
        using var directory = new TempDirectory();
        using var module = nn.Sequential(("in", nn.Linear(3, 4)), ("norm", nn.BatchNorm1d(4)), ("out", nn.Linear(4, 2, hasBias: false)));
        var path = Path.Combine(directory.Path, "module.dat");
        module.save(path);
        var checkpoint = Checkpoint.Open(path, TestContext.Current.CancellationToken);
        using var reader = new TensorDataReader(checkpoint);

        var state = module.state_dict();
        Assert.Equal(CheckpointFormats.TorchSharp, checkpoint.Format);
        Assert.Equal(state.Keys, checkpoint.Tensors.Select(tensor => tensor.Key));
        foreach (var tensor in checkpoint.Tensors)
        {
            var bytes = new byte[tensor.ByteLength];
            reader.Read(tensor, 0, bytes, TestContext.Current.CancellationToken);
            Assert.Equal(TestFiles.GetBytes(state[tensor.Key]), bytes);
            Assert.Equal(state[tensor.Key].shape, tensor.Shape);
        }
    }

    [Fact]
    public void A_saved_tensor_is_listed()
    {
        using var directory = new TempDirectory();
        using var saved = arange(5, ScalarType.Int32);
        var path = Path.Combine(directory.Path, "tensor.dat");
        using (var file = File.Create(path))
        {
            saved.Save(file);
        }

        var tensor = Assert.Single(Checkpoint.Open(path, TestContext.Current.CancellationToken).Tensors);

        Assert.Equal(("(root)", "int32"), (tensor.Key, tensor.DType));
        Assert.Equal([5L], tensor.Shape);
    }
}

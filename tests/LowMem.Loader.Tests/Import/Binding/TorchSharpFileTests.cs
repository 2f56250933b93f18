using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Values;
using TorchSharp;
using static TorchSharp.torch;
using TorchModules = TorchSharp.Modules;

namespace LowMem.Loader.Tests.Import.Binding;

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

    [Fact]
    public void The_fixture_of_an_optimizer_is_what_TorchSharp_writes()
    {
        using var scope = NewDisposeScope();
        using var content = new MemoryStream();
        using var writer = new BinaryWriter(content);

        // Gradients and factors are powers of two, so that the numbers are the same on every machine.
        using var one = new TorchModules.Parameter(zeros(2, 3));
        using var two = new TorchModules.Parameter(zeros(2));
        var optimizer = optim.Adam(
            [new TorchModules.Adam.ParamGroup([one], beta1: 0.5, beta2: 0.5, amsgrad: true), new TorchModules.Adam.ParamGroup([two], lr: 0.25)],
            amsgrad: true);
        one.grad = full(2, 3, -2f);
        two.grad = tensor(new[] { 0f, 0f });
        optimizer.step();
        optimizer.save_state_dict(writer);

        var path = Path.Combine(TestFiles.Fixtures, "torchsharp-optimizer.dat");
        Assert.Equal(Convert.ToHexString(content.ToArray()), Convert.ToHexString(File.ReadAllBytes(path)));
    }

    public static TheoryData<string> Optimizers { get; } =
        ["ASGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSProp", "RMSPropCentered", "Rprop", "SGD", "SGDMomentum"];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_saved_optimizer_is_listed_bit_by_bit(string name)
    {
        using var scope = NewDisposeScope();
        using var directory = new TempDirectory();
        var parameters = new[] { new TorchModules.Parameter(ones(2, 3)), new TorchModules.Parameter(ones(4)) };
        using var optimizer = Make(name, parameters);
        foreach (var parameter in parameters)
        {
            parameter.grad = randn(parameter.shape);
        }

        optimizer.step();
        var path = Path.Combine(directory.Path, "optimizer.dat");
        optimizer.save_state_dict(path);

        var checkpoint = Checkpoint.Open(path, TestContext.Current.CancellationToken);
        using var reader = new TensorDataReader(checkpoint);

        Assert.Equal(CheckpointFormats.TorchSharp, checkpoint.Format);
        Assert.Equal(optimizer.GetType().Name, checkpoint.Metadata["optimizer"]);
        var states = optimizer.state_dict().State;
        var expected = states.SelectMany((state, index) => TensorsOf(state).Select(field => (Key: $"state.{index}.{field.Name}", field.Tensor))).ToList();
        Assert.Equal(expected.Select(item => item.Key).Order(), checkpoint.Tensors.Select(tensor => tensor.Key).Order());
        foreach (var (key, value) in expected)
        {
            var tensor = checkpoint.Tensors.Single(tensor => tensor.Key == key);
            var bytes = new byte[tensor.ByteLength];
            reader.Read(tensor, 0, bytes, TestContext.Current.CancellationToken);
            Assert.Equal(TestFiles.GetBytes(value), bytes);
            Assert.Equal(value.shape, tensor.Shape);
        }

        Assert.Equal(optimizer.ParamGroups.Single().LearningRate, checkpoint.Values["param_groups.0.lr"]);
    }

    private static TorchModules.OptimizerHelper Make(string name, TorchModules.Parameter[] parameters) => name switch
    {
        "ASGD" => optim.ASGD(parameters),
        "Adadelta" => optim.Adadelta(parameters),
        "Adagrad" => optim.Adagrad(parameters),
        "Adam" => optim.Adam(parameters, amsgrad: true),
        "AdamW" => optim.AdamW(parameters),
        "Adamax" => optim.Adamax(parameters),
        "NAdam" => optim.NAdam(parameters),
        "RAdam" => optim.RAdam(parameters),
        "RMSProp" => optim.RMSProp(parameters),
        "RMSPropCentered" => optim.RMSProp(parameters, momentum: 0.5, centered: true),
        "Rprop" => optim.Rprop(parameters),
        "SGD" => optim.SGD(parameters, 0.1),
        _ => optim.SGD(parameters, 0.1, momentum: 0.5),
    };

    private static IEnumerable<(string Name, Tensor Tensor)> TensorsOf(TorchModules.OptimizerState state) => state.GetType()
        .GetFields(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Public)
        .Where(field => field.FieldType == typeof(Tensor) && field.GetValue(state) is not null)
        .Select(field => (field.Name, (Tensor)field.GetValue(state)!));
}

using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Modules;

/// <summary>One small module of every kind that keeps its parameters in a way of its own, and how to run it.</summary>
internal static class ModuleZoo
{
    public static TheoryData<string> Names => [.. Makers.Keys];

    private static readonly Dictionary<string, Func<(nn.Module Module, Func<Tensor> Run)>> Makers = new()
    {
        ["Linear"] = () => Of(nn.Linear(3, 4), Floats(2, 3)),
        ["Conv1d"] = () => Of(nn.Conv1d(2, 3, 3), Floats(1, 2, 5)),
        ["Conv2d"] = () => Of(nn.Conv2d(2, 3, 3), Floats(1, 2, 5, 5)),
        ["Conv3d"] = () => Of(nn.Conv3d(2, 3, 2), Floats(1, 2, 3, 3, 3)),
        ["ConvTranspose1d"] = () => Of(nn.ConvTranspose1d(2, 3, 3), Floats(1, 2, 5)),
        ["ConvTranspose2d"] = () => Of(nn.ConvTranspose2d(2, 3, 3), Floats(1, 2, 4, 4)),
        ["ConvTranspose3d"] = () => Of(nn.ConvTranspose3d(2, 3, 2), Floats(1, 2, 3, 3, 3)),
        ["BatchNorm1d"] = () => Of(nn.BatchNorm1d(3), Floats(2, 3, 4)),
        ["BatchNorm2d"] = () => Of(nn.BatchNorm2d(3), Floats(2, 3, 4, 4)),
        ["BatchNorm3d"] = () => Of(nn.BatchNorm3d(3), Floats(2, 3, 2, 2, 2)),
        ["InstanceNorm1d"] = () => Of(nn.InstanceNorm1d(3, affine: true), Floats(2, 3, 4)),
        ["InstanceNorm2d"] = () => Of(nn.InstanceNorm2d(3, affine: true, track_running_stats: true), Floats(2, 3, 4, 4)),
        ["InstanceNorm3d"] = () => Of(nn.InstanceNorm3d(3, affine: true, track_running_stats: true), Floats(2, 3, 2, 2, 2)),
        ["LayerNorm"] = () => Of(nn.LayerNorm([4]), Floats(2, 4)),
        ["GroupNorm"] = () => Of(nn.GroupNorm(2, 4), Floats(2, 4, 3)),
        ["PReLU"] = () => Of(nn.PReLU(1), Floats(2, 4)),
        ["Bilinear"] = () => { var m = nn.Bilinear(3, 4, 2); return (m, () => m.call(Floats(2, 3), Floats(2, 4))); },
        ["Embedding"] = () => Of(nn.Embedding(7, 4), Indices(2, 3)),
        ["EmbeddingBag"] = () => { var m = nn.EmbeddingBag(7, 4); return (m, () => m.call(Indices(2, 3))); },
        ["LSTM"] = () => { var m = nn.LSTM(3, 4, numLayers: 2, bidirectional: true); return (m, () => m.call(Floats(5, 2, 3)).Item1); },
        ["GRU"] = () => { var m = nn.GRU(3, 4, numLayers: 2); return (m, () => m.call(Floats(5, 2, 3)).Item1); },
        ["RNN"] = () => { var m = nn.RNN(3, 4); return (m, () => m.call(Floats(5, 2, 3)).Item1); },
        ["LSTMCell"] = () => { var m = nn.LSTMCell(3, 4); return (m, () => m.call(Floats(2, 3), (Floats(2, 4), Floats(2, 4))).Item1); },
        ["GRUCell"] = () => { var m = nn.GRUCell(3, 4); return (m, () => m.forward(Floats(2, 3))); },
        ["RNNCell"] = () => { var m = nn.RNNCell(3, 4); return (m, () => m.forward(Floats(2, 3))); },
        ["MultiheadAttention"] = () =>
        {
            var m = nn.MultiheadAttention(4, 2, add_bias_kv: true);
            return (m, () => m.call(Floats(3, 2, 4), Floats(3, 2, 4), Floats(3, 2, 4)).Item1);
        },
        ["TransformerEncoderLayer"] = () => { var m = nn.TransformerEncoderLayer(4, 2, 8); return (m, () => m.call(Floats(3, 2, 4))); },
        ["TransformerEncoder"] = () =>
        {
            var m = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2);
            return (m, () => m.call(Floats(3, 2, 4), null, null));
        },
        ["TransformerDecoderLayer"] = () =>
        {
            var m = nn.TransformerDecoderLayer(4, 2, 8);
            return (m, () => m.call(Floats(3, 2, 4), Floats(3, 2, 4)));
        },
        ["TransformerDecoder"] = () =>
        {
            var m = nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8), 2);
            return (m, () => m.call(Floats(3, 2, 4), Floats(3, 2, 4)));
        },
        ["Transformer"] = () =>
        {
            var m = nn.Transformer(4, 2, 1, 1, 8);
            return (m, () => m.call(Floats(3, 2, 4), Floats(3, 2, 4)));
        },
        ["Sequential"] = () => Of(nn.Sequential(("in", nn.Linear(3, 4)), ("act", nn.ReLU()), ("out", nn.Linear(4, 2))), Floats(2, 3)),
        ["ModuleList"] = () =>
        {
            var m = nn.ModuleList(nn.Linear(3, 4), nn.Linear(4, 2));
            return (m, () => m[1].call(m[0].call(Floats(2, 3))));
        },
        ["ModuleDict"] = () =>
        {
            var m = nn.ModuleDict(("in", nn.Linear(3, 4)), ("out", nn.Linear(4, 2)));
            return (m, () => m["out"].call(m["in"].call(Floats(2, 3))));
        },
        ["ParameterList"] = () =>
        {
            var m = nn.ParameterList(nn.Parameter(Floats(3, 4)), nn.Parameter(Floats(4)));
            return (m, () => Floats(2, 3).matmul(m[0]) + m[1]);
        },
        ["ParameterDict"] = () =>
        {
            var m = nn.ParameterDict(("weight", nn.Parameter(Floats(3, 4))), ("bias", nn.Parameter(Floats(4))));
            return (m, () => Floats(2, 3).matmul(m["weight"]) + m["bias"]);
        },
        ["UserModel"] = () => Of(new UserModel(), Floats(2, 4)),
        ["TiedModel"] = () => { var m = new TiedModel(); return (m, () => m.call(Indices(2, 3))); },
    };

    /// <summary>Makes a module in evaluation mode (no dropout), and what runs it on a fixed input.</summary>
    public static (nn.Module Module, Func<Tensor> Run) Make(string name)
    {
        var (module, run) = MakeTrainable(name);
        return (module, RunWithoutGradient);

        Tensor RunWithoutGradient()
        {
            using var noGradient = no_grad();
            return run();
        }
    }

    /// <summary>The same module, and what runs it so that gradients can be computed.</summary>
    public static (nn.Module Module, Func<Tensor> Run) MakeTrainable(string name)
    {
        manual_seed(7);
        var (module, run) = Makers[name]();
        module.eval();
        using (no_grad())
        {
            // TorchSharp leaves the parameters of GroupNorm as the memory happens to be, which may be NaN.
            foreach (var parameter in module.parameters())
            {
                nn.init.uniform_(parameter, -0.5, 0.5);
            }
        }

        return (module, run);
    }

    private static (nn.Module Module, Func<Tensor> Run) Of(nn.Module<Tensor, Tensor> module, Tensor input) =>
        (module, () => module.call(input));

    private static Tensor Floats(params long[] shape) =>
        (arange(shape.Aggregate(1L, (product, size) => product * size), dtype: ScalarType.Float32, device: CPU) / 10 - 1).reshape(shape);

    private static Tensor Indices(params long[] shape) =>
        arange(shape.Aggregate(1L, (product, size) => product * size), dtype: ScalarType.Int64, device: CPU).reshape(shape);
}

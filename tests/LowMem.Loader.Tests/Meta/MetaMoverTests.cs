using System.Globalization;
using LowMem.Loader.Meta;
using LowMem.Loader.Modules;
using LowMem.Loader.Tests.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Meta;

public class MetaMoverTests
{
    private const long Megabyte = 1 << 20;

    public static TheoryData<string> Kinds => ["Linear", "Embedding", "EmbeddingBag", "LSTM", "GRU", "RNN", "LSTMCell", "MultiheadAttention", "TransformerEncoder", "WithGradient"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ThePrivateMemoryOfTheProcessFalls(string kind)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc/self/status");
        var module = Make(kind);
        var bytes = ModuleTree.GetParameters(module).Sum(slot => slot.ByteLength);
        Assert.InRange(bytes, 60 * Megabyte, 260 * Megabyte);
        var before = ReadPrivateBytes();

        var result = MetaMover.Move(module);

        var fallen = before - ReadPrivateBytes();
        Assert.Equal(bytes, result.FreedBytes);
        Assert.InRange(fallen, bytes - 2 * Megabyte, long.MaxValue);
        GC.KeepAlive(module);
    }

    [Fact]
    public void BuffersOutsideTheStateDictKeepTheirValues()
    {
        using var module = new TiedModel();

        var result = MetaMover.Move(module);

        Assert.Equal("cpu", ModuleTree.GetParameters(module).Single(slot => !slot.IsPersistent).Device);
        Assert.True(module.get_buffer("inverse")!.eq(1f / 3).all().item<bool>());

        // embed 7x4, body 4x4 + 4, scale 4 floats, and one int64; the head is the embedding.
        Assert.Equal(new MoveResult(5, 4 * (28 + 16 + 4 + 4) + 8), result);
    }

    [Fact]
    public void ACppModuleWithoutValuesComputesNan()
    {
        using var embedding = nn.Embedding(5, 3);
        MetaMover.Move(embedding);

        using var output = embedding.call(tensor(new long[] { 0, 4 }));

        Assert.True(output.isnan().all().item<bool>());
    }

    [Fact]
    public void StridesAndFrozenParametersStayAsTheyAre()
    {
        using var linear = nn.Linear(3, 2, hasBias: false);
        linear.weight = nn.Parameter(zeros(3, 2).t(), requires_grad: false);

        MetaMover.Move(linear);

        Assert.Equal((DeviceType.META, false), (linear.weight.device_type, linear.weight.requires_grad));
        Assert.Equal([1L, 2L], linear.weight.stride());
    }

    private static nn.Module Make(string kind)
    {
        switch (kind)
        {
            case "Linear": return nn.Linear(5_000, 10_000);
            case "Embedding": return nn.Embedding(50_000, 1_000);
            case "EmbeddingBag": return nn.EmbeddingBag(50_000, 1_000);
            case "LSTM": return nn.LSTM(1_500, 1_500, numLayers: 2);
            case "GRU": return nn.GRU(2_000, 2_000);
            case "RNN": return nn.RNN(4_000, 3_000);
            case "LSTMCell": return nn.LSTMCell(2_000, 2_000);
            case "MultiheadAttention": return nn.MultiheadAttention(2_400, 2);
            case "TransformerEncoder": return nn.TransformerEncoder(nn.TransformerEncoderLayer(1_000, 2, 4_000), 2);
            default:
                // The gradients go too: they are as large as the weights.
                var module = nn.Embedding(25_000, 1_000);
                module.call(tensor(new long[] { 1 })).sum().backward();
                return module;
        }
    }

    private static long ReadPrivateBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var line = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}

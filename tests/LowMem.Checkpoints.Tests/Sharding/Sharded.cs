using System.Text.Json;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Sharding;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Tests.Sharding;

/// <summary>Splits in tests, and knows what PyTorch makes of the same.</summary>
internal static class Sharded
{
    /// <summary>What PyTorch says.</summary>
    public static JsonElement Expected { get; } =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(FixtureFiles.Directory, "shards.json"))).RootElement;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Rules with an order; a dimension of null keeps whole.</summary>
    public static ShardRules Rules(params (string Pattern, int? Dimension)[] rules) => new(
        [.. rules.Select(rule => new ShardRule(KeyRule.FromWildcard(rule.Pattern, null), new ShardPlacement(rule.Dimension)))], areOrdered: true);

    public static ShardPlan Plan(Checkpoint checkpoint, int number, int count, ShardRules rules) => ShardPlan.Create(
        checkpoint,
        new ShardNumber(number, count),
        rules,
        [.. checkpoint.Tensors.Select(tensor => new ShardedKey(tensor.Key, tensor))],
        [.. checkpoint.Tensors.Select(tensor => tensor.Key)],
        Token);

    public static byte[] Read(TensorDataReader reader, TensorInfo tensor)
    {
        byte[] bytes = new byte[tensor.ByteLength];
        reader.Read(tensor, 0, bytes, Token);
        return bytes;
    }

    /// <summary>The slice of a tensor cut out of all of its bytes, by another way than the one that is tested.</summary>
    public static byte[] Cut(TensorDataReader reader, TensorInfo tensor, int dimension, int number, int count)
    {
        byte[] whole = Read(reader, tensor);
        var (start, length) = new ShardNumber(number, count).GetRange(tensor.Shape[dimension]);
        long inner = tensor.Shape[(dimension + 1)..].Aggregate(1L, (product, size) => product * size) * DType.Get(tensor.DType).BitSize / 8;
        long outer = tensor.Shape[..dimension].Aggregate(1L, (product, size) => product * size);
        var part = new MemoryStream();
        for (long i = 0; i < outer; i++)
        {
            part.Write(whole, (int)(((i * tensor.Shape[dimension]) + start) * inner), (int)(length * inner));
        }

        return part.ToArray();
    }
}

using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Formats.Distributed;

/// <summary>Pieces of tensors in safetensors files, as DCP writes them, that do not fit.</summary>
public sealed class ShardedSafetensorsTests : IDisposable
{
    private readonly CheckpointDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void PiecesAreOneTensor()
    {
        Write(1, """{"w":{"saved_offsets":[0]}}""", 1, 2);
        Write(2, """{"w":{"saved_offsets":[2]}}""", 3);
        using var reader = new TensorDataReader();

        var tensor = Assert.Single(directory.Open().Tensors);

        var values = new byte[12];
        reader.Read(tensor, 0, values, TestContext.Current.CancellationToken);
        Assert.Equal([1f, 2f, 3f], values.Chunk(4).Select(bytes => BitConverter.ToSingle(bytes)));
    }

    [Theory]
    [InlineData("""{"w":{"saved_offsets":[1]}}""", FindingCodes.ChunkLayoutInvalid, "overlap")]
    [InlineData("""{"w":{"saved_offsets":[3]}}""", FindingCodes.ChunkLayoutInvalid, "hold 3 of its 4 elements")]
    [InlineData("""{"w":{"saved_offsets":[9223372036854775807]}}""", FindingCodes.TensorInvalid, "does not fit 64 bits")]
    [InlineData("""{"w":{"saved_offsets":[2,0]}}""", FindingCodes.ChunkInvalid, "does not say where")]
    [InlineData("""{"v":{"saved_offsets":[2]}}""", FindingCodes.ChunkInvalid, "does not say where")]
    [InlineData("""{"w":{"saved_offsets":[-1]}}""", FindingCodes.ChunkInvalid, "no count from 0 up")]
    [InlineData("""{"w":[2]}""", FindingCodes.ChunkInvalid, "has no list 'saved_offsets'")]
    [InlineData("nonsense", FindingCodes.ChunkInvalid, "cannot be read")]
    public void PiecesThatDoNotFitAreAnError(string info, string code, string message)
    {
        Write(1, """{"w":{"saved_offsets":[0]}}""", 1, 2);
        Write(2, info, 3);

        var finding = Assert.Single(directory.Open().Findings);

        Assert.Equal((FindingSeverity.Error, code), (finding.Severity, finding.Code));
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatTheNumbersLeaveOutIsMissing()
    {
        Write(1, """{"w":{"saved_offsets":[0]}}""", 1, 2);
        Write(3, """{"w":{"saved_offsets":[2]}}""", 3);

        var finding = Assert.Single(directory.Open().Findings);

        Assert.Equal(FindingCodes.ShardMissing, finding.Code);
        Assert.Contains("shard-00002-model-*", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ANumberThatIsFarTooHighCostsNothing()
    {
        Write(1, """{"w":{"saved_offsets":[0]}}""", 1);
        directory.Write("shard-9999999-model-9999998-of-9999999.safetensors", Piece("{}", []));

        Assert.InRange(directory.Open().Findings.Count, 2, 60);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void OneFileOfThemIsNoCheckpoint(int shard)
    {
        Write(1, """{"w":{"saved_offsets":[0]}}""", 1, 2);
        Write(2, """{"w":{"saved_offsets":[2]}}""", 3);

        var checkpoint = Checkpoint.Open(Path.Combine(directory.Path, Name(shard)), TestContext.Current.CancellationToken);

        Assert.Contains("name the directory instead", Assert.Single(checkpoint.Findings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatIsBrokenIsAnErrorAndTheOthersAreListed()
    {
        Write(1, """{"w":{"saved_offsets":[0]}}""", 1, 2);
        directory.Write(Name(2), new byte[3]);

        var checkpoint = directory.Open();

        Assert.Single(checkpoint.Tensors);
        Assert.Equal(FindingCodes.ShardMissing, Assert.Single(checkpoint.Findings).Code);
    }

    [Fact]
    public void TheDirectoryIsFoundOnceBelowAnother()
    {
        Write(1, """{"w":{"saved_offsets":[0]}}""", 1, 2);
        Write(2, """{"w":{"saved_offsets":[2]}}""", 3);

        Assert.Equal([directory.Path], new CheckpointFinder().Find(directory.Path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void AnIndexComesFirst()
    {
        Write(1, """{"w":{"saved_offsets":[0]}}""", 1, 2);
        directory.Write("one.safetensors", SafetensorsBytes.One("v", 1));
        directory.WriteIndex("""{"weight_map":{"v":"one.safetensors"}}""");

        Assert.Equal("v", Assert.Single(directory.Open().Tensors).Key);
    }

    private static string Name(int shard) => $"shard-{shard:D5}-model-00001-of-00001.safetensors";

    private static byte[] Piece(string info, float[] values)
    {
        string text = JsonSerializer.Serialize(info);
        return SafetensorsBytes.File(
            $$$"""{"__metadata__":{"DCP_SHARDING_INFO":{{{text}}}},"w":{"dtype":"F32","shape":[{{{values.Length}}}],"data_offsets":[0,{{{4 * values.Length}}}]}}""",
            [.. values.SelectMany(BitConverter.GetBytes)]);
    }

    private void Write(int shard, string info, params float[] values) => directory.Write(Name(shard), Piece(info, values));
}

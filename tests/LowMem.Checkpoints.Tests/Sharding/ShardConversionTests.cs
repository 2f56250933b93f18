using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Sharding;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Conversion;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Sources;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Scaled;

namespace LowMem.Checkpoints.Tests.Sharding;

/// <summary>What Convert-Checkpoint -Shard writes, and how much it reads for it.</summary>
public sealed class ShardConversionTests : IDisposable
{
    private const string Name = "/memory/model.safetensors";

    private readonly CheckpointDirectory directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Dispose();

    /// <summary>The slice and 5 % on the first dimension, at most twice the slice on others, whatever the length of a row.</summary>
    [Theory]
    [InlineData(1024, 1024, 0, 8, 105)]
    [InlineData(1000, 1000, 0, 7, 105)]
    [InlineData(1024, 1024, 1, 8, 205)]
    [InlineData(4096, 256, 1, 8, 205)]
    [InlineData(4096, 256, 1, 2, 205)]
    [InlineData(65536, 8, 1, 8, 205)]
    [InlineData(16, 65536, 1, 5, 205)]
    public void NoMoreIsReadThanTheSliceNeeds(int rows, int columns, int dimension, int count, int percent)
    {
        var location = Put(new SafetensorsBytes().Add("w", "F32", [rows, columns], [.. Enumerable.Range(0, rows * columns).Select(i => (float)i)]));
        var checkpoint = Checkpoint.Open(location, Name, Token);
        using var whole = new TensorDataReader(checkpoint);
        for (int number = 1; number <= count; number += count - 1)
        {
            byte[] expected = Sharded.Cut(whole, checkpoint.Tensors[0], dimension, number, count);
            string output = Path.Combine(directory.Path, $"{number}.safetensors");
            long before = location.BytesRead;

            Convert(checkpoint, output, number, count, Sharded.Rules(("w", dimension)));

            Assert.InRange(location.BytesRead - before, expected.Length, (expected.LongLength * percent / 100) + 100);
            Assert.Equal(expected, Converted.ReadAll(output)["w"]);
        }
    }

    /// <summary>So it is of codes whose numbers are written; their scales are few.</summary>
    [Theory]
    [InlineData(1024, 1024, 0, 8, 105)]
    [InlineData(1024, 1024, 1, 8, 205)]
    [InlineData(512, 2048, 1, 8, 205)]
    [InlineData(512, 512, 1, 4, 205)]
    public void NoMoreIsReadOfCodesThanTheSliceNeeds(int rows, int columns, int dimension, int count, int percent)
    {
        var location = Put(Blocks(rows, columns));
        var checkpoint = Checkpoint.Open(location, Name, Token);
        string all = Path.Combine(directory.Path, "all.safetensors");
        _ = new ConversionRun(ConversionPlan.Create(checkpoint, To(all), new ConversionOptions { Dequantizes = true }, Token), new ConversionSettings()).Run(null, Token);
        var whole = Checkpoint.Open(all, Token);
        using var reader = new TensorDataReader(whole);
        for (int number = 1; number <= count; number += count - 1)
        {
            string output = Path.Combine(directory.Path, $"{number}.safetensors");
            long before = location.BytesRead;

            Convert(checkpoint, output, number, count, Sharded.Rules(("*.weight", dimension)), new ConversionOptions { Dequantizes = true });

            long slice = rows * columns / count;
            long scales = rows / 128 * (columns / 128) * sizeof(float);
            Assert.InRange(location.BytesRead - before, slice, (slice * percent / 100) + scales + 100);
            Assert.Equal(Sharded.Cut(reader, whole.Tensors.Single(), dimension, number, count), Converted.ReadAll(output)["q.weight"]);
        }
    }

    /// <summary>So it is for the pieces of a distributed checkpoint, and for a weight that lies transposed.</summary>
    [Fact]
    public void NoMoreIsReadOfPiecesAndOfTransposedWeights()
    {
        var location = MemoryLocation.Of(FixtureFiles.PathOf("dcp"), keepsBlocks: false);
        var checkpoint = Checkpoint.Open(location, FixtureFiles.PathOf("dcp"), Token);
        var tensors = checkpoint.Tensors.Where(tensor => tensor is { UnreadableReason: null, Chunks: not null, Shape.Length: > 0 } && tensor.Shape[0] > 1).ToList();
        Assert.NotEmpty(tensors);
        foreach (var tensor in tensors)
        {
            using var reader = new TensorDataReader(checkpoint);
            byte[] expected = Sharded.Cut(reader, tensor, 0, 1, 2);
            long before = location.BytesRead;
            var slice = ShardPlan.Create(checkpoint, new ShardNumber(1, 2), Sharded.Rules(("*", 0)), [new ShardedKey("key", tensor)], ["key"], Token).Take(tensor);

            Assert.Equal(expected, Sharded.Read(reader, slice));
            Assert.InRange(location.BytesRead - before, expected.Length, expected.Length);
        }
    }

    [Theory]
    [InlineData("out.safetensors")]
    [InlineData("out.pt")]
    public void AShardIsWrittenInEveryFormatAndSaysWhichItIs(string name)
    {
        var location = Put(new SafetensorsBytes().Add("a.w", "F32", [4, 3], [.. Enumerable.Range(0, 12).Select(i => (float)i)]).Add("a.norm", "F32", [2], [7f, 8f]));
        var checkpoint = Checkpoint.Open(location, Name, Token);
        string output = Path.Combine(directory.Path, name);

        var report = Convert(checkpoint, output, 2, 3, Sharded.Rules(("*.w", 1), ("*norm*", null)));

        Assert.Equal("2/3", report.Shard);
        Assert.Equal(1, report.SplitCount);
        Assert.Empty(report.EmptyKeys);
        var written = Checkpoint.Open(output, Token);
        Assert.Equal([4, 1], written.Tensors.Single(tensor => tensor.Key == "a.w").Shape);
        Assert.Equal(new float[] { 1, 4, 7, 10 }, ToSingle(Converted.ReadAll(output)["a.w"]));
        Assert.Equal(new float[] { 7, 8 }, ToSingle(Converted.ReadAll(output)["a.norm"]));
        Assert.Equal(name == "out.pt" ? null : "2/3", written.Metadata.GetValueOrDefault("shard"));
        Assert.Empty(written.Findings);
    }

    [Fact]
    public void AShardOfAShardSaysSo()
    {
        var checkpoint = Checkpoint.Open(Put(new SafetensorsBytes().Add("w", "F32", [4], [0f, 1, 2, 3])), Name, Token);
        string half = Path.Combine(directory.Path, "half.safetensors");
        string quarter = Path.Combine(directory.Path, "quarter.safetensors");
        Convert(checkpoint, half, 2, 2, Sharded.Rules(("w", 0)));

        Convert(Checkpoint.Open(half, Token), quarter, 1, 2, Sharded.Rules(("w", 0)));

        Assert.Equal("1/2 of 2/2", Checkpoint.Open(quarter, Token).Metadata["shard"]);
        Assert.Equal(new float[] { 2 }, ToSingle(Converted.ReadAll(quarter)["w"]));
    }

    /// <summary>Rules go by the keys that are written, and a rule for a key that -Exclude leaves out is used.</summary>
    [Fact]
    public void RulesAreForTheKeysThatAreWritten()
    {
        var checkpoint = Checkpoint.Open(Put(new SafetensorsBytes().Add("m.old", "F32", [2], [1f, 2]).Add("m.other", "F32", [2], [3f, 4])), Name, Token);
        string output = Path.Combine(directory.Path, "out.safetensors");
        var options = new ConversionOptions
        {
            Prefix = "m",
            KeyMap = new KeyRules([KeyRule.FromWildcard("old", "new")]),
            Filter = new KeyChoice(key => key != "other"),
        };

        Convert(checkpoint, output, 2, 2, Sharded.Rules(("new", 0), ("other", 0)), options);

        Assert.Equal(new float[] { 2 }, ToSingle(Converted.ReadAll(output)["new"]));
    }

    /// <summary>A compressed storage is unfolded once for a slice of it, however the elements lie.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void CompressedStoragesAreReadOnce(int dimension)
    {
        string path = FixtureFiles.PathOf("repacked-deflated");
        var location = MemoryLocation.Of(path, keepsBlocks: false);
        var checkpoint = Checkpoint.Open(location, path, Token);
        var rules = new ShardRules([.. checkpoint.Tensors.Select(tensor => new ShardRule(
            KeyRule.FromWildcard(tensor.Key, null), new ShardPlacement(tensor.Shape.Length > dimension ? dimension : null)))], areOrdered: false);
        long before = location.BytesRead;

        Convert(checkpoint, Path.Combine(directory.Path, "out.safetensors"), 2, 2, rules);

        Assert.InRange(location.BytesRead - before, 1, location.ByteLength);
    }

    [Fact]
    public void ATensorOfTheNameOfTheTextIsWritten()
    {
        var checkpoint = Checkpoint.Open(Put(new SafetensorsBytes().Add("shard", "F32", [2], [1f, 2])), Name, Token);
        string output = Path.Combine(directory.Path, "out.safetensors");

        Convert(checkpoint, output, 2, 2, Sharded.Rules(("shard", 0)));

        Assert.Equal(new float[] { 2 }, ToSingle(Converted.ReadAll(output)["shard"]));
        Assert.DoesNotContain("shard", Checkpoint.Open(output, Token).Metadata.Keys);
    }

    [Fact]
    public void TiedTensorsAreWrittenOnce()
    {
        string path = FixtureFiles.PathOf("shared-storages");
        var checkpoint = Checkpoint.Open(path, Token);
        string[] tie = [.. checkpoint.Tensors.Where(tensor => tensor.Shape.Length > 0 && tensor.Shape[0] > 1).GroupBy(TensorIdentity.OfView).First(group => group.Count() > 1).Select(tensor => tensor.Key)];
        var options = new ConversionOptions { Filter = new KeyChoice(tie.Contains) };
        foreach (string output in (string[])[Path.Combine(directory.Path, "out.pt"), Path.Combine(directory.Path, "out.safetensors")])
        {
            var report = Convert(checkpoint, output, 1, 2, Sharded.Rules(("*", 0)), options);

            Assert.Equal(tie.Length - 1, report.TiedCount);
        }
    }

    /// <summary>Another shard of the same files is no conversion that goes on.</summary>
    [Fact]
    public void EachShardIsAConversionOfItsOwn()
    {
        var checkpoint = Checkpoint.Open(Put(new SafetensorsBytes().Add("w", "F32", [4], [0f, 1, 2, 3])), Name, Token);
        string[] prints = [.. Enumerable.Range(1, 2).Select(number => ConversionJournal.GetFingerprint(Plan(checkpoint, Path.Combine(directory.Path, "o.pt"), number, 2, Sharded.Rules(("w", 0)), new ConversionOptions())))];

        Assert.NotEqual(prints[0], prints[1]);
    }

    [Fact]
    public void FloatEightBlocksAreSplitWithTheirScales()
    {
        var checkpoint = Checkpoint.Open(Put(Blocks(rows: 512, columns: 256)), Name, Token);
        string output = Path.Combine(directory.Path, "out.safetensors");

        Convert(checkpoint, output, 2, 2, Sharded.Rules(("*.weight", 0)));

        var written = Checkpoint.Open(output, Token).Tensors.ToDictionary(tensor => tensor.Key);
        Assert.Equal([256, 256], written["q.weight"].Shape);
        Assert.Equal([2, 2], written["q.weight_scale_inv"].Shape);
        Assert.Equal(new float[] { 4, 5, 6, 7 }, ToSingle(Converted.ReadAll(output)["q.weight_scale_inv"]));

        Convert(checkpoint, Path.Combine(directory.Path, "columns.safetensors"), 2, 2, Sharded.Rules(("*.weight", 1)));
        Assert.Equal(new float[] { 1, 3, 5, 7 }, ToSingle(Converted.ReadAll(Path.Combine(directory.Path, "columns.safetensors"))["q.weight_scale_inv"]));
    }

    /// <summary>Numbers are cut wherever it is; codes are not, since two ranks would share a scale.</summary>
    [Fact]
    public void ASliceThatCutsABlockIsAnErrorUnlessNumbersAreWritten()
    {
        var checkpoint = Checkpoint.Open(Put(Blocks(rows: 512, columns: 256)), Name, Token);
        string output = Path.Combine(directory.Path, "out.safetensors");

        var error = Assert.Throws<CheckpointException>(() => Convert(checkpoint, output, 2, 3, Sharded.Rules(("*.weight", 0))));
        Convert(checkpoint, output, 2, 3, Sharded.Rules(("*.weight", 0)), new ConversionOptions { Dequantizes = true });
        string all = Path.Combine(directory.Path, "all.safetensors");
        _ = new ConversionRun(ConversionPlan.Create(checkpoint, To(all), new ConversionOptions { Dequantizes = true }, Token), new ConversionSettings()).Run(null, Token);

        Assert.Equal(CheckpointErrorIds.ShardInvalid, error.ErrorId);
        Assert.Contains("'q.weight': indices 171 to 341 of dimension 0 cut a block of 128 that shares a scale ('q.weight_scale_inv')", error.Message, StringComparison.Ordinal);
        var whole = Checkpoint.Open(all, Token);
        using var reader = new TensorDataReader(whole);
        Assert.Equal(Sharded.Cut(reader, whole.Tensors.Single(), 0, 2, 3), Converted.ReadAll(output)["q.weight"]);
    }

    [Theory]
    [InlineData("*.weight_scale_inv", null, "it holds the scales of 'q.weight', which have to be split as that is. Leave its rule out")]
    [InlineData("*.weight_scale_inv", 1, "it holds the scales of 'q.weight', which have to be split as that is. Leave its rule out")]
    [InlineData("*.weight_scale_inv", 0, null)]
    public void ARuleThatSplitsScalesInAnotherWayIsAnError(string pattern, int? dimension, string? problem)
    {
        var checkpoint = Checkpoint.Open(Put(Blocks(rows: 512, columns: 256)), Name, Token);
        var rules = Sharded.Rules((pattern, dimension), ("*", 0));

        var error = Record.Exception(() => Sharded.Plan(checkpoint, 1, 2, rules));

        Assert.Equal(problem is not null, error is CheckpointException { ErrorId: CheckpointErrorIds.ShardInvalid });
        Assert.Contains(problem ?? string.Empty, error?.Message ?? string.Empty, StringComparison.Ordinal);
    }

    [Fact]
    public void ScalesOfNoKnownSchemeAreNotSplit()
    {
        var checkpoint = Checkpoint.Open(
            Put(new SafetensorsBytes().Add("q.qweight", "I32", [4, 4], new int[16]).Add("q.scales", "F32", [4, 4], new float[16])), Name, Token);

        var error = Assert.Throws<CheckpointException>(() => Sharded.Plan(checkpoint, 1, 2, Sharded.Rules(("*", 0))));

        Assert.Contains("'q.qweight': integers with 'q.scales' beside them are of no scheme known here; so it cannot be split: its rule is to be 'Replicate'", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, Sharded.Plan(checkpoint, 1, 2, Sharded.Rules(("*", null))).SplitCount);
    }

    /// <summary>All fixtures with scales: the numbers of the shards are those of the whole.</summary>
    [Theory]
    [MemberData(nameof(DequantizeTests.Names), MemberType = typeof(DequantizeTests))]
    public void NumbersOfAllSchemesAreSplit(string name)
    {
        string path = Path.Combine(FixtureFiles.Directory, name);
        var scaled = ScaledTensors.Find(Checkpoint.Open(path, Token), Token).All.Where(tensor => tensor.Problem is null && tensor.Shape.Count > 0 && tensor.Shape[0] > 1).ToList();
        var options = new ConversionOptions { Dequantizes = true, Filter = new KeyChoice(key => scaled.Any(tensor => tensor.Key == key)) };
        string all = Path.Combine(directory.Path, "all.safetensors");
        Converted.Run(path, all, options);
        var whole = Checkpoint.Open(all, Token);
        using var reader = new TensorDataReader(whole);
        for (int number = 1; number <= 2; number++)
        {
            string output = Path.Combine(directory.Path, $"{number}.safetensors");
            Converted.Run(path, output, options with { Shard = new ShardNumber(number, 2), ShardRules = Sharded.Rules(("*", 0)) });
            Assert.All(Converted.ReadAll(output), item => Assert.Equal(Sharded.Cut(reader, whole.Tensors.Single(tensor => tensor.Key == item.Key), 0, number, 2), item.Value));
        }
    }

    private static float[] ToSingle(byte[] bytes) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray();

    private static SafetensorsBytes Blocks(int rows, int columns) => new SafetensorsBytes()
        .Add("q.weight", "F8_E4M3", [rows, columns], [.. Enumerable.Range(0, rows * columns).Select(i => (byte)(i % 120))])
        .Add("q.weight_scale_inv", "F32", [rows / 128, columns / 128], [.. Enumerable.Range(0, rows / 128 * (columns / 128)).Select(i => (float)i)]);

    private static ConversionDestination To(string output) => ConversionDestination.Of(output, isDirectory: false, format: null, Name);

    private static ConversionPlan Plan(Checkpoint checkpoint, string output, int number, int count, ShardRules rules, ConversionOptions options) => ConversionPlan.Create(
        checkpoint, To(output), options with { Shard = new ShardNumber(number, count), ShardRules = rules }, Token);

    private static ConversionReport Convert(Checkpoint checkpoint, string output, int number, int count, ShardRules rules, ConversionOptions? options = null) =>
        new ConversionRun(Plan(checkpoint, output, number, count, rules, options ?? new ConversionOptions()), new ConversionSettings()).Run(null, Token);

    private static MemoryLocation Put(SafetensorsBytes bytes)
    {
        var location = new MemoryLocation { KeepsBlocks = false };
        location.Add(Name, bytes.Build(), DateTime.UnixEpoch);
        return location;
    }
}

using System.Text;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Conversion;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Parts;

/// <summary>
/// All parts together read little more than one machine would: of any number of parts, with few large and many small tensors, whatever
/// is done. What is counted is what the parts ask of the file system, to find their shares and to list the checkpoint included.
/// </summary>
public sealed class ReadOnceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("zip", 32, 2)]
    [InlineData("zip", 640, 8)]
    [InlineData("zip", 64, 32)]
    [InlineData("zip", 4000, 32)]
    [InlineData("safetensors", 64, 32)]
    [InlineData("safetensors", 4000, 8)]
    [InlineData("sharded", 64, 8)]
    [InlineData("sharded", 640, 32)]
    [InlineData("zips", 640, 8)]
    public void AllPartsTogetherReadAtMostATwentiethMoreThanThereIs(string kind, int tensors, int count)
    {
        using var directory = new CheckpointDirectory();
        string path = Write(directory, kind, tensors, length: 16 << 20);
        long length = Directory.GetFiles(directory.Path).Sum(file => new FileInfo(file).Length);
        using var written = new CheckpointDirectory();
        string output = written.Path;
        var operations = new Dictionary<string, Func<PartOperation>>
        {
            ["Values"] = () => PartJob.Verify(new VerificationOptions { Level = VerificationLevel.Values }),
            ["Manifest"] = () => new ManifestOperation(_ => Path.Combine(output, "manifest.json"), PartJob.NoOptions),
            ["Tensors"] = () => PartJob.Statistics(hash: true, bins: 0),
            ["Convert"] = () => new ConversionOperation(
                task => new ConversionRequest(
                    ConversionPlan.Create(
                        Checkpoint.Open(task.Location, task.Path, Token), ConversionDestination.Of(output, isDirectory: true, null, task.Path), new ConversionOptions { MaxShardSize = 1 << 20 }, Token),
                    new ConversionSettings { Replaces = true }),
                PartJob.NoOptions),
        };

        foreach (var (name, operation) in operations)
        {
            var parts = PartJob.RunAll(count, operation, path);

            Assert.All(parts, part => Assert.Null(part.FirstFinding?.Contains("Error", StringComparison.Ordinal) is true ? part.FirstFinding : null));
            Assert.True(parts.Sum(part => part.BytesRead) <= length * 105 / 100, $"{name}: {parts.Sum(part => part.BytesRead) * 100.0 / length:F1} % of {length} bytes");
            Assert.True(parts.Sum(part => part.BytesRead) >= length * 95 / 100, $"{name}: too few");
            var joined = Assert.Single(PartJob.Join(parts));
            Assert.Null(joined.Problem);
        }
    }

    /// <summary>Where each tensor has a few hundred kilobytes, eight parts pay: as many share it, evenly.</summary>
    [Theory]
    [InlineData("zip", 64, 8)]
    [InlineData("safetensors", 640, 8)]
    public void AsManyPartsShareACheckpointAsPay(string kind, int tensors, int count)
    {
        using var directory = new CheckpointDirectory();
        string path = Write(directory, kind, tensors, length: 16 << 20);

        var parts = PartJob.RunAll(count, () => PartJob.Verify(new VerificationOptions { Level = VerificationLevel.Values }), path);

        Assert.All(parts, part => Assert.InRange(part.BytesRead, (16 << 20) / count * 9 / 10, (16 << 20) / count * 12 / 10));
    }

    /// <summary>What is small is one part's; the others do not open it, and the join knows that.</summary>
    [Fact]
    public void ASmallCheckpointIsOneParts()
    {
        using var directory = new CheckpointDirectory();
        string path = Write(directory, "safetensors", 4, length: 64 << 10);

        var parts = PartJob.RunAll(8, () => PartJob.Verify(new VerificationOptions { Level = VerificationLevel.Values }), path);

        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 1], parts.Select(part => part.CheckpointCount).Order());
        Assert.Equal(7, parts.Count(part => part.BytesRead == 0));
        Assert.True(Assert.Single(PartJob.Join(parts)).Verdict!.Passed);
    }

    private static string Write(CheckpointDirectory directory, string kind, int tensors, int length)
    {
        int size = length / tensors / 4 * 4;
        switch (kind)
        {
            case "zip":
                WriteArchive(directory, "model.pt", 0, tensors, size);
                return Path.Combine(directory.Path, "model.pt");
            case "safetensors":
                directory.Write("model.safetensors", Safetensors(0, tensors, size));
                return Path.Combine(directory.Path, "model.safetensors");
        }

        const int shards = 4;
        string extension = kind == "zips" ? "bin" : "safetensors";
        var map = new StringBuilder();
        for (int shard = 0; shard < shards; shard++)
        {
            int each = tensors / shards;
            if (kind == "zips")
            {
                WriteArchive(directory, $"s{shard}.bin", shard * each, each, size);
            }
            else
            {
                directory.Write($"s{shard}.safetensors", Safetensors(shard * each, each, size));
            }

            map.AppendJoin(',', Enumerable.Range(shard * each, each).Select(i => $"\"layers.{i}.weight\":\"s{shard}.{extension}\"")).Append(',');
        }

        directory.WriteIndex($"{{\"weight_map\":{{{map.ToString().TrimEnd(',')}}}}}");
        return directory.Path;
    }

    /// <summary>As PyTorch lays it out.</summary>
    private static void WriteArchive(CheckpointDirectory directory, string name, int first, int tensors, int size)
    {
        directory.Write("of/model.safetensors", Safetensors(first, tensors, size));
        string source = Path.Combine(directory.Path, "of", "model.safetensors");
        Converted.Run(source, Path.Combine(directory.Path, name));
        Directory.Delete(Path.Combine(directory.Path, "of"), recursive: true);
    }

    private static byte[] Safetensors(int first, int tensors, int size)
    {
        var file = new SafetensorsBytes();
        var random = new Random(first);
        foreach (int i in Enumerable.Range(first, tensors))
        {
            file.Add($"layers.{i}.weight", "F32", [size / 4], [.. Enumerable.Range(0, size / 4).Select(_ => random.NextSingle() - 0.5f)]);
        }

        return file.Build();
    }
}

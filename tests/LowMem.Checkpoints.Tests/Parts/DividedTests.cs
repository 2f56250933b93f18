using System.Text;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Conversion;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Values.Statistics;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Parts;

/// <summary>Checkpoints that are large enough to be divided for real: every part has something to read, and each byte is read once.</summary>
public sealed class DividedTests
{
    private const int StorageLength = 2 << 20;

    private static readonly VerificationOptions LevelValues = new() { Level = VerificationLevel.Values };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void PartsOfAnArchiveReadEachByteOnceAndFindWhatOneMachineFinds(int count)
    {
        using var directory = new CheckpointDirectory();
        string path = WriteArchive(directory);

        var parts = PartJob.RunAll(count, () => PartJob.Verify(LevelValues), path);

        var verdict = Assert.Single(PartJob.Join(parts)).Verdict!;
        Assert.Equal(PartJob.DescribeWhole(path, LevelValues), PartJob.Describe(verdict));
        Assert.Equal(
            ["ChecksumAbsent", "ChecksumMismatch", "ExplodingNorm", "NonFiniteValues", "UnlikeSiblings"],
            verdict.Findings.Select(finding => finding.Code).Distinct().Order(StringComparer.Ordinal));
        long length = new FileInfo(path).Length;
        Assert.InRange(parts.Sum(part => part.BytesRead), length, length * 105 / 100);
        Assert.All(parts, part => Assert.InRange(part.BytesRead, length / count / 2, length / count * 2));
        Assert.InRange(parts.Sum(part => part.BytesRead) - verdict.BytesRead, 0, count * 4096);
    }

    /// <summary>Tensors that are transposed, tied, cut out of or wider than their storage stay with it, and a compressed record is read by one part.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatSharesBytesStaysTogether(bool isCompressed)
    {
        using var directory = new CheckpointDirectory();
        long count = StorageLength / 4;
        byte[] Of(int storage, long offset, long[] shape, long[] stride) => TensorBytes.Tensor(TensorBytes.Storage($"{storage}", count), offset, shape, stride);
        var archive = TensorBytes.Archive(
        [
            ("transposed.weight", Of(0, 0, [512, 1024], [1, 512])),
            ("whole.weight", Of(1, 0, [1024, 512], [512, 1])),
            ("tied.weight", Of(1, 0, [count], [1])),
            ("part.weight", Of(1, 1001, [10_000], [1])),
            ("gaps.weight", Of(2, 1, [100, 1000], [1024, 3])),
            ("expanded.weight", Of(3, 5, [2, 500_000], [0, 1])),
        ]);
        for (int i = 0; i < 4; i++)
        {
            _ = isCompressed ? archive.AddDeflated($"archive/data/{i}", Content(i + 2)) : archive.Add($"archive/data/{i}", Content(i + 2));
        }

        directory.Write("model.pt", archive.Build());
        string path = Path.Combine(directory.Path, "model.pt");

        var parts = PartJob.RunAll(3, () => PartJob.Verify(LevelValues), path);

        Assert.Equal(PartJob.DescribeWhole(path, LevelValues), PartJob.Describe(Assert.Single(PartJob.Join(parts)).Verdict!));
        long length = new FileInfo(path).Length;
        Assert.InRange(parts.Sum(part => part.BytesRead), length, length * 108 / 100);
        Assert.All(parts, part => Assert.InRange(part.BytesRead, length / 5, length * 3 / 5));
    }

    [Fact]
    public void ShardsWithDigestsAreDividedByFile()
    {
        using var directory = new CheckpointDirectory();
        WriteShards(directory, 6);
        var sums = new StringBuilder();
        foreach (string file in Directory.GetFiles(directory.Path, "s*.safetensors").Order(StringComparer.Ordinal))
        {
            sums.Append(Path.GetFileName(file).EndsWith("2.safetensors", StringComparison.Ordinal)
                ? new string('0', 64)
                : Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))).Append("  ").Append(Path.GetFileName(file)).Append('\n');
        }

        directory.Write("SHA256SUMS", Encoding.UTF8.GetBytes(sums.ToString()));

        var parts = PartJob.RunAll(3, () => PartJob.Verify(LevelValues), directory.Path);

        var verdict = Assert.Single(PartJob.Join(parts)).Verdict!;
        Assert.Equal(PartJob.DescribeWhole(directory.Path, LevelValues), PartJob.Describe(verdict));
        Assert.Contains(verdict.Findings, finding => finding.Code == FindingCodes.ChecksumMismatch);
        long length = Directory.GetFiles(directory.Path).Sum(file => new FileInfo(file).Length);
        Assert.InRange(parts.Sum(part => part.BytesRead), length * 99 / 100, length * 105 / 100);
        Assert.All(parts, part => Assert.InRange(part.BytesRead, length / 6, length / 2));
    }

    [Fact]
    public void AManifestIsComparedAndMadeByteForByte()
    {
        using var directory = new CheckpointDirectory();
        WriteShards(directory, 5);
        var whole = CheckpointManifest.Create(Checkpoint.Open(directory.Path, Token), null, Token);
        string one = Path.Combine(directory.Path, "one.json");
        string other = Path.Combine(directory.Path, "other.json");
        whole.Write(one);

        var parts = PartJob.RunAll(4, () => new ManifestOperation(_ => other, PartJob.NoOptions), directory.Path);
        var joined = Assert.Single(PartJob.Join(parts));
        joined.Manifest!.Write(joined.ManifestPath!);

        Assert.Equal(File.ReadAllBytes(one), File.ReadAllBytes(other));
        File.Delete(one);
        File.Delete(other);
        var options = new VerificationOptions { Level = VerificationLevel.Checksum, Manifest = Spoil(whole) };
        var verdict = Assert.Single(PartJob.Join(PartJob.RunAll(4, () => PartJob.Verify(options), directory.Path))).Verdict!;
        Assert.Equal(PartJob.DescribeWhole(directory.Path, options), PartJob.Describe(verdict));
        Assert.Equal(
            [FindingCodes.ManifestChanged, FindingCodes.ManifestChanged, FindingCodes.ManifestMissing, FindingCodes.ManifestUnexpected],
            verdict.Findings.Select(finding => finding.Code).Where(code => code.StartsWith("Manifest", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void FiguresAreRoundedAsOneMachineRoundsThem()
    {
        using var directory = new CheckpointDirectory();
        string path = WriteArchive(directory);
        var checkpoint = Checkpoint.Open(path, Token);
        var whole = new StatisticsScan(checkpoint, checkpoint.Tensors) { ComputesHash = true }.Run(null, Token).ToList();

        var joined = Assert.Single(PartJob.Join(PartJob.RunAll(3, () => PartJob.Statistics(hash: true, bins: 0), path))).Statistics!;

        Assert.Equal(
            whole.Select(each => (each.Key, each.Mean, each.StandardDeviation, each.L2Norm, each.Minimum, each.Hash, string.Join(' ', each.Health), string.Join(' ', each.Percentiles))),
            joined.Select(each => (each.Key, each.Mean, each.StandardDeviation, each.L2Norm, each.Minimum, each.Hash, string.Join(' ', each.Health), string.Join(' ', each.Percentiles))));
        Assert.Contains(joined, each => each.Health.Contains(FindingCodes.UnlikeSiblings));
    }

    [Fact]
    public void ConvertedFilesAreThoseOfOneMachineAndTheIndexComesLast()
    {
        using var directory = new CheckpointDirectory();
        string path = WriteArchive(directory);
        var options = new ConversionOptions { MaxShardSize = 2 * StorageLength };
        string one = Directory.CreateDirectory(Path.Combine(directory.Path, "one")).FullName;
        string other = Directory.CreateDirectory(Path.Combine(directory.Path, "other")).FullName;
        Converted.Run(path, one, options);
        ConversionOperation Operation() => new(task => new ConversionRequest(Converted.Plan(task.Path, other, options), new ConversionSettings()), PartJob.NoOptions);

        var first = PartJob.RunAll(3, Operation, path);
        var again = PartJob.Run(new PartNumber(2, 3), Operation(), path);
        Assert.Empty(Directory.GetFiles(other));
        var report = Assert.Single(PartJob.Join(first.Where(part => part.Part != "2/3").Append(again))).Conversion!.Run(replaces: false, TestContext.Current.CancellationToken);

        Assert.Equal(Directory.GetFiles(one).Select(Path.GetFileName).Order(StringComparer.Ordinal), Directory.GetFiles(other).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(Directory.GetFiles(one), file => Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(other, Path.GetFileName(file)))));
        Assert.Empty(Directory.GetDirectories(other));
        Assert.Equal(Path.Combine(other, "model.safetensors.index.json"), report.Path);
    }

    [Fact]
    public void AConvertedFileThatIsNotThereIsNamedAndNothingIsMoved()
    {
        using var directory = new CheckpointDirectory();
        string path = WriteArchive(directory);
        string output = Directory.CreateDirectory(Path.Combine(directory.Path, "out")).FullName;
        var options = new ConversionOptions { MaxShardSize = 2 * StorageLength };
        var parts = PartJob.RunAll(
            2, () => new ConversionOperation(task => new ConversionRequest(Converted.Plan(task.Path, output, options), new ConversionSettings()), PartJob.NoOptions), path);
        string staging = Assert.Single(Directory.GetDirectories(output));
        string lost = Directory.GetFiles(staging).Order(StringComparer.Ordinal).First();
        File.Delete(lost);

        var error = Assert.Throws<CheckpointException>(() => PartJob.Join(parts)[0].Conversion!.Run(replaces: false, TestContext.Current.CancellationToken));

        Assert.Equal(CheckpointErrorIds.PartsNotWhole, error.ErrorId);
        Assert.Contains($"'{Path.GetFileName(lost)}' is not there", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(output));
    }

    /// <summary>A block of a model, eight times: one of them is huge, one has a NaN, one was changed, and one has no checksum.</summary>
    private static string WriteArchive(CheckpointDirectory directory)
    {
        var tensors = Enumerable.Range(0, 8).Select(i => ($"layers.{i}.weight", TensorBytes.Tensor(TensorBytes.Storage($"{i}", StorageLength / 4), 0, [512, 1024], [1024, 1]))).ToArray();
        var archive = TensorBytes.Archive(tensors);
        for (int i = 0; i < 8; i++)
        {
            byte[] content = Content(i);
            var record = new ZipBytes.Record($"archive/data/{i}", content, (uint)content.Length, 0);
            archive.Add(i == 5 ? record with { Checksum = 0x1234567 } : i == 6 ? record with { Checksum = 0 } : record);
        }

        directory.Write("model.pt", archive.Build());
        return Path.Combine(directory.Path, "model.pt");
    }

    private static void WriteShards(CheckpointDirectory directory, int count)
    {
        var map = new List<string>();
        for (int shard = 0; shard < count; shard++)
        {
            var file = new SafetensorsBytes();
            for (int i = 0; i < 2; i++)
            {
                string key = $"layers.{(2 * shard) + i}.weight";
                file.Add(key, "F32", [512, 1024], System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(Content(shard)).ToArray());
                map.Add($"\"{key}\":\"s{shard}.safetensors\"");
            }

            directory.Write($"s{shard}.safetensors", file.Build());
        }

        directory.WriteIndex($$$"""{"metadata":{},"weight_map":{{{{string.Join(',', map)}}}}}""");
    }

    private static CheckpointManifest Spoil(CheckpointManifest manifest) => manifest with
    {
        Files = [.. manifest.Files.Select((file, index) => index == 1 ? file with { Sha256 = new string('0', 64) } : file)],
        Tensors = [.. manifest.Tensors.Select((tensor, index) => index == 3 ? tensor with { Sha256 = new string('1', 64) } : index == 4 ? tensor with { Key = "gone" } : tensor)],
    };

    private static byte[] Content(int seed)
    {
        var random = new Random(seed);
        var numbers = new float[StorageLength / 4];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = (float)((random.NextDouble() - 0.5) * (seed == 3 ? 1000 : 1));
        }

        if (seed == 4)
        {
            numbers[777] = float.NaN;
        }

        return System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(numbers).ToArray();
    }
}

using System.Security.Cryptography;
using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.DistributedBytes;

namespace LowMem.Checkpoints.Tests.Verification;

/// <summary>Checksums, digests, a manifest and value counts together read each byte of a checkpoint once.</summary>
public sealed class OnePassTests
{
    private const int StorageLength = 2 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Fixtures => ValueCheckTests.Fixtures;

    /// <summary>Tensors that are all of their storage, transposed, tied, parts, with gaps, and expanded.</summary>
    private static (string Key, byte[] Tensor)[] Tensors =>
    [
        ("transposed", TensorBytes.Tensor(Storage(0), 0, [512, 1024], [1, 512])),
        ("whole", TensorBytes.Tensor(Storage(1), 0, [1024, 512], [512, 1])),
        ("tied", TensorBytes.Tensor(Storage(1), 0, [512 * 1024], [1])),
        ("part", TensorBytes.Tensor(Storage(1), 1001, [10_000], [1])),
        ("sparse", TensorBytes.Tensor(Storage(2), 3, [500, 1000], [1000, 1])),
        ("gaps", TensorBytes.Tensor(Storage(2), 1, [100, 1000], [1024, 3])),
        ("expanded", TensorBytes.Tensor(Storage(3), 5, [2, 500_000], [0, 1])),
        .. Enumerable.Range(4, 4).Select(i => ($"other{i}", TensorBytes.Vector($"{i}", StorageLength / 4))),
    ];

    [Fact]
    public void ReadsAnArchiveOnce()
    {
        using var directory = new CheckpointDirectory();
        byte[] file = TensorBytes.Archive(Tensors, [.. Enumerable.Range(0, 8).Select(i => ($"{i}", Content(i, StorageLength)))]).Build();
        directory.Write("model.pt", file);
        directory.Write("SHA256SUMS", Encoding.UTF8.GetBytes($"{Convert.ToHexStringLower(SHA256.HashData(file))}  model.pt\n"));

        var verdict = ReadsOnce(Path.Combine(directory.Path, "model.pt"), file.Length);

        Assert.Contains(verdict.Findings, finding => finding.Code == FindingCodes.DigestsUsed);
    }

    /// <summary>Opening reads the directory and a header for each of them, and that is not read again.</summary>
    [Theory]
    [InlineData(64)]
    [InlineData(3000)]
    [InlineData(9000)]
    public void ReadsAnArchiveOfSmallTensorsOnce(int byteLength)
    {
        using var directory = new CheckpointDirectory();
        byte[] file = TensorBytes.Archive(
            [.. Enumerable.Range(0, 1000).Select(i => ($"w{i}", TensorBytes.Vector($"{i}", byteLength / 4)))],
            [.. Enumerable.Range(0, 1000).Select(i => ($"{i}", Content(i, byteLength)))]).Build();
        directory.Write("model.pt", file);
        string path = Path.Combine(directory.Path, "model.pt");
        var manifest = CheckpointManifest.Create(Checkpoint.Open(path, Token), null, Token);

        var verdict = CheckpointVerifier.Verify(
            path, new VerificationOptions { Level = VerificationLevel.Values, Manifest = manifest }, null, Token);

        Assert.True(verdict.Passed, string.Join(Environment.NewLine, verdict.Findings));
        Assert.InRange(verdict.BytesRead, file.Length, file.Length * 105 / 100);
    }

    [Fact]
    public void ReadsCompressedStoragesOnce()
    {
        using var directory = new CheckpointDirectory();
        var archive = TensorBytes.Archive(Tensors);
        for (int i = 0; i < 8; i++)
        {
            archive.AddDeflated($"archive/data/{i}", Content(i, StorageLength));
        }

        byte[] file = archive.Build();
        directory.Write("model.pt", file);
        ReadsOnce(Path.Combine(directory.Path, "model.pt"), file.Length);
    }

    [Fact]
    public void ReadsSafetensorsOnce()
    {
        using var directory = new CheckpointDirectory();
        byte[] file = Safetensors(0, 8);
        directory.Write("model.safetensors", file);
        ReadsOnce(Path.Combine(directory.Path, "model.safetensors"), file.Length);
    }

    [Fact]
    public void ReadsShardsOnce()
    {
        using var directory = new CheckpointDirectory();
        long length = 0;
        var map = new List<string>();
        for (int shard = 0; shard < 4; shard++)
        {
            byte[] file = Safetensors(2 * shard, 2);
            directory.Write($"s{shard}.safetensors", file);
            length += file.Length;
            map.AddRange([$"\"w{2 * shard}\":\"s{shard}.safetensors\"", $"\"w{(2 * shard) + 1}\":\"s{shard}.safetensors\""]);
        }

        directory.WriteIndex($$$"""{"weight_map":{{{{string.Join(',', map)}}}}}""");
        ReadsOnce(directory.Path, length);
    }

    [Fact]
    public void ReadsThePiecesOfADistributedCheckpointOnce()
    {
        using var directory = new CheckpointDirectory();
        byte[] piece = Piece(512, 1024);
        directory.Write("__0_0.distcp", [.. piece, .. piece]);
        directory.Write("__1_0.distcp", [.. piece, .. piece]);
        directory.Write(".metadata", Metadata(
            PickleBytes.Dict(
                ("rows", Tensor([1024, 1024], Chunk([0, 0], [512, 1024]), Chunk([512, 0], [512, 1024]))),
                ("columns", Tensor([512, 2048], Chunk([0, 0], [512, 1024]), Chunk([0, 1024], [512, 1024])))),
            Places(
                (Index("rows", 0, 0), Place("__0_0.distcp", 0, piece.Length)),
                (Index("rows", 512, 0), Place("__1_0.distcp", 0, piece.Length)),
                (Index("columns", 0, 0), Place("__0_0.distcp", piece.Length, piece.Length)),
                (Index("columns", 0, 1024), Place("__1_0.distcp", piece.Length, piece.Length)))));

        // Each piece is an archive of its own, with an end and a few headers that are looked for.
        ReadsOnce(directory.Path, 4L * piece.Length, more: 4 * (512 << 10));
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void HashesWhatIsRead(string name) => CheckHashes(Checkpoint.Open(FixtureFiles.PathOf(name), Token));

    [Fact]
    public void HashesThePartOfACompressedStorageThatCannotBeReadAsNone()
    {
        using var directory = new CheckpointDirectory();
        byte[] packed = ZipBytes.Deflate(Content(1, 4000));
        packed.AsSpan(packed.Length / 2).Fill(0xff);
        var archive = TensorBytes.Archive([("a", TensorBytes.Vector("0", 1000)), ("b", TensorBytes.Vector("1", 1000))], ("0", Content(0, 4000)))
            .Add(new ZipBytes.Record("archive/data/1", packed, 4000, 8));
        directory.Write("model.pt", archive.Build());
        string path = Path.Combine(directory.Path, "model.pt");

        var error = Assert.Throws<CheckpointException>(() => CheckpointManifest.Create(Checkpoint.Open(path, Token), null, Token));
        var verdict = CheckpointVerifier.Verify(path, new VerificationOptions { Level = VerificationLevel.Values }, null, Token);

        Assert.Equal((CheckpointErrorIds.FormatInvalid, path), (error.ErrorId, error.Path));
        Assert.Contains("the compressed content at", error.Message, StringComparison.Ordinal);
        var finding = Assert.Single(verdict.Findings, finding => finding.Severity == FindingSeverity.Error);
        Assert.Equal((FindingCodes.ArchiveEntryInvalid, "b"), (finding.Code, finding.Key));
    }

    private static CheckpointVerdict ReadsOnce(string path, long length, long more = 0)
    {
        var checkpoint = Checkpoint.Open(path, Token);
        Assert.InRange(length, 8 << 20, 20 << 20);
        var manifest = CheckHashes(checkpoint);

        var verdict = CheckpointVerifier.Verify(
            path, new VerificationOptions { Level = VerificationLevel.Values, Manifest = manifest }, null, Token);

        Assert.True(verdict.Passed, string.Join(Environment.NewLine, verdict.Findings));
        Assert.InRange(verdict.BytesRead, length, (length * 105 / 100) + more);
        return verdict;
    }

    private static CheckpointManifest CheckHashes(Checkpoint checkpoint)
    {
        var manifest = CheckpointManifest.Create(checkpoint, null, Token);
        using var reader = new TensorDataReader(checkpoint);
        var expected = checkpoint.Tensors.Select(tensor =>
        {
            if (tensor.UnreadableReason is not null)
            {
                return (tensor.Key, Sha256: null);
            }

            var bytes = new byte[tensor.ByteLength];
            reader.Read(tensor, 0, bytes, Token);
            return (tensor.Key, Sha256: (string?)Convert.ToHexStringLower(SHA256.HashData(bytes)));
        });
        Assert.Equal(
            expected.OrderBy(tensor => tensor.Key, StringComparer.Ordinal),
            manifest.Tensors.Select(tensor => (tensor.Key, tensor.Sha256)));
        Assert.Equal(
            checkpoint.AllFiles.Select(file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file.Path)))).Order(StringComparer.Ordinal),
            manifest.Files.Select(file => file.Sha256).Order(StringComparer.Ordinal));
        return manifest;
    }

    private static byte[] Storage(int number) => TensorBytes.Storage($"{number}", StorageLength / 4);

    private static byte[] Safetensors(int first, int count)
    {
        var tensors = Enumerable.Range(0, count).Select(i =>
            $$$"""
            "w{{{first + i}}}":{"dtype":"F32","shape":[{{{StorageLength / 4}}}],"data_offsets":[{{{i * StorageLength}}},{{{(i + 1) * StorageLength}}}]}
            """);
        return SafetensorsBytes.File($"{{{string.Join(',', tensors)}}}", Content(first, count * StorageLength));
    }

    /// <summary>Finite numbers of all kinds.</summary>
    private static byte[] Content(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        for (int i = 3; i < length; i += 4)
        {
            bytes[i] = 0x3f;
        }

        return bytes;
    }
}

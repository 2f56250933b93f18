using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Verification;

public sealed class ChecksumTests
{
    private const uint DirectoryEntry = 0x02014b50;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void NamesRecordKeysExpectedAndFoundWhenAByteHasChanged()
    {
        foreach (var tensor in Checkpoint.Open(FixtureFiles.PathOf("state-dict"), Token).Tensors)
        {
            uint expected = 0;
            uint found = 0;
            using var file = MutatedFile.Of("state-dict", bytes =>
            {
                var storage = bytes.AsSpan((int)tensor.Storage!.Offset, (int)tensor.Storage.ByteLength);
                expected = Crc32.HashToUInt32(storage);
                storage[^1] ^= 0x10;
                found = Crc32.HashToUInt32(storage);
                return bytes;
            });

            Assert.True(Verify(file.Path, VerificationLevel.Structure).Passed);
            var verdict = Verify(file.Path, VerificationLevel.Checksum);

            Assert.False(verdict.Passed);
            var finding = Assert.Single(verdict.Findings);
            Assert.Equal(FindingCodes.ChecksumMismatch, finding.Code);
            Assert.Equal(tensor.Key, finding.Key);
            Assert.Equal(tensor.Storage!.Offset, finding.Offset);
            Assert.Contains($"'state-dict/data/{tensor.StorageKey}'", finding.Message, StringComparison.Ordinal);
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"should be {expected:x8} and is {found:x8}"), finding.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void NamesAllTensorsOfASharedStorage()
    {
        var shared = Checkpoint.Open(FixtureFiles.PathOf("shared-storages"), Token).Tensors
            .GroupBy(tensor => tensor.StorageKey)
            .First(group => group.Count() is > 1 and <= 5);
        using var file = MutatedFile.Of("shared-storages", bytes =>
        {
            bytes[shared.First().Storage!.Offset] ^= 1;
            return bytes;
        });

        var finding = Assert.Single(Verify(file.Path, VerificationLevel.Checksum).Findings);

        Assert.Equal(shared.First().Key, finding.Key);
        Assert.All(shared, tensor => Assert.Contains($"'{tensor.Key}'", finding.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void ChecksThePickleToo()
    {
        // "epoch" becomes "epocg": still a pickle, and another one than was written.
        using var file = MutatedFile.Of("training", bytes =>
        {
            bytes[bytes.AsSpan().IndexOf("epoch"u8) + 4] ^= 0x0f;
            return bytes;
        });

        var finding = Assert.Single(Verify(file.Path, VerificationLevel.Checksum).Findings, finding => finding.Severity == FindingSeverity.Error);

        Assert.Equal(FindingCodes.ChecksumMismatch, finding.Code);
        Assert.Contains("data.pkl'", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TakesChecksumZeroForNotComputed()
    {
        using var file = MutatedFile.Of("state-dict", bytes => WithChecksums(bytes, _ => 0));

        var verdict = Verify(file.Path, VerificationLevel.Checksum);

        Assert.True(verdict.Passed);
        var finding = Assert.Single(verdict.Findings);
        Assert.Equal((FindingSeverity.Information, FindingCodes.ChecksumAbsent), (finding.Severity, finding.Code));
    }

    [Fact]
    public void ReportsEveryRecordThatDiffers()
    {
        using var file = MutatedFile.Of("state-dict", bytes => WithChecksums(bytes, crc => crc ^ 1));

        var findings = Verify(file.Path, VerificationLevel.Checksum).Findings;

        using var archive = ZipFile.OpenRead(FixtureFiles.PathOf("state-dict"));
        Assert.Equal(archive.Entries.Count, findings.Count(finding => finding.Code == FindingCodes.ChecksumMismatch));
    }

    [Fact]
    public void UnfoldsCompressedRecords()
    {
        Assert.True(Verify(FixtureFiles.PathOf("repacked-deflated"), VerificationLevel.Checksum).Passed);
        using var file = MutatedFile.Of("repacked-deflated", bytes => WithChecksums(bytes, crc => crc ^ 1));

        var findings = Verify(file.Path, VerificationLevel.Checksum).Findings;

        Assert.Contains(findings, finding => finding is { Code: FindingCodes.ChecksumMismatch, Key: not null });
    }

    [Fact]
    public void FindsCompressedBytesThatAreDamaged()
    {
        string path = FixtureFiles.PathOf("repacked-deflated");
        var tensor = Checkpoint.Open(path, Token).Tensors.MaxBy(tensor => tensor.ByteLength)!;
        var (offset, length) = tensor.Storage!.Deflated!.Value;
        for (long place = offset; place < offset + length; place++)
        {
            bool isSame = false;
            using var file = MutatedFile.Of("repacked-deflated", bytes =>
            {
                byte[] before = Inflate(bytes, offset, length);
                bytes[place] ^= 0x80;
                isSame = before.AsSpan().SequenceEqual(Inflate(bytes, offset, length));
                return bytes;
            });

            var findings = Verify(file.Path, VerificationLevel.Checksum).Findings;

            // A few bits of a compressed stream carry nothing.
            Assert.Equal(!isSame, findings.Any(finding => finding.Key == tensor.Key));
        }
    }

    [Fact]
    public void PutsTogetherTheChecksumOfALargeRecordFromItsParts()
    {
        string path = Path.Combine(Path.GetTempPath(), $"lowmem-{Guid.NewGuid():N}");
        try
        {
            File.Copy(FixtureFiles.PathOf("state-dict"), path);
            using (var archive = ZipFile.Open(path, ZipArchiveMode.Update))
            {
                using var record = archive.CreateEntry("state-dict/extra", CompressionLevel.NoCompression).Open();
                var block = new byte[(1 << 20) + 13];
                var random = new Random(1);
                for (int i = 0; i < 67; i++)
                {
                    random.NextBytes(block);
                    record.Write(block);
                }
            }

            var verdict = Verify(path, VerificationLevel.Checksum);
            Assert.True(verdict.Passed, string.Join(Environment.NewLine, verdict.Findings));
            // The start of a record that is no tensor's is looked through for pickles before.
            Assert.InRange(verdict.BytesRead, 67 << 20, 86 << 20);

            using (var stream = File.OpenWrite(path))
            {
                stream.Position = 50 << 20;
                stream.WriteByte(0);
                stream.WriteByte(1);
            }

            Assert.Contains(
                Verify(path, VerificationLevel.Checksum).Findings,
                finding => finding.Code == FindingCodes.ChecksumMismatch && finding.Message.Contains("state-dict/extra", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void ChecksEveryShard()
    {
        using var copy = new FixtureCopy("sharded-bin");
        var tensors = Checkpoint.Open(copy.Path, Token).Tensors.DistinctBy(tensor => tensor.Path).ToList();
        foreach (var tensor in tensors)
        {
            copy.Damage(tensor.Path, tensor.Offset);
        }

        var findings = Verify(copy.Path, VerificationLevel.Checksum).Findings;

        Assert.Equal(tensors.Count, findings.Count(finding => finding.Code == FindingCodes.ChecksumMismatch));
    }

    [Fact]
    public void ChecksEveryPieceOfADistributedCheckpoint()
    {
        using var copy = new FixtureCopy("dcp");
        Assert.DoesNotContain(
            Verify(copy.Path, VerificationLevel.Checksum).Findings,
            finding => finding.Code is FindingCodes.ChecksumMismatch or FindingCodes.ChecksumAbsent);
        var tensor = Checkpoint.Open(copy.Path, Token).Tensors.First(tensor => tensor.Chunks?.Count > 1);
        foreach (var chunk in tensor.Chunks!)
        {
            copy.Damage(chunk.Source.Path, chunk.Source.Offset);
        }

        var findings = Verify(copy.Path, VerificationLevel.Checksum).Findings
            .Where(finding => finding.Code == FindingCodes.ChecksumMismatch)
            .ToList();

        Assert.Equal(tensor.Chunks.Count, findings.Count);
        Assert.All(findings, finding => Assert.Equal(tensor.Key, finding.Key));
    }

    private static CheckpointVerdict Verify(string path, VerificationLevel level) =>
        CheckpointVerifier.Verify(path, new VerificationOptions { Level = level }, null, Token);

    /// <summary>The content, or nothing when the bytes do not unfold.</summary>
    private static byte[] Inflate(byte[] bytes, long offset, long length)
    {
        using var content = new MemoryStream();
        try
        {
            using var inflater = new DeflateStream(new MemoryStream(bytes, (int)offset, (int)length), CompressionMode.Decompress);
            inflater.CopyTo(content);
        }
        catch (InvalidDataException)
        {
            return [];
        }

        return content.ToArray();
    }

    /// <summary>Changes the CRC-32 of every entry of the central directory.</summary>
    private static byte[] WithChecksums(byte[] bytes, Func<uint, uint> change)
    {
        long position = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - 6));
        while (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan((int)position)) == DirectoryEntry)
        {
            var entry = bytes.AsSpan((int)position);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], change(BinaryPrimitives.ReadUInt32LittleEndian(entry[16..])));
            position += 46 + BinaryPrimitives.ReadUInt16LittleEndian(entry[28..])
                + BinaryPrimitives.ReadUInt16LittleEndian(entry[30..])
                + BinaryPrimitives.ReadUInt16LittleEndian(entry[32..]);
        }

        return bytes;
    }
}

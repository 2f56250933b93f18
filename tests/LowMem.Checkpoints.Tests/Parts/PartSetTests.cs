using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Parts;

/// <summary>Lists of checkpoints, and what is wrong with parts.</summary>
public sealed class PartSetTests
{
    private static readonly VerificationOptions Checksum = new() { Level = VerificationLevel.Checksum };

    [Fact]
    public void EveryCheckpointOfAListIsInOnePartAndSharesAreEven()
    {
        using var directory = new CheckpointDirectory();
        string[] paths = WriteList(directory, 20);

        var parts = PartJob.RunAll(4, () => PartJob.Verify(Checksum), paths);

        Assert.Equal(paths.Select(path => PartJob.DescribeWhole(path, Checksum)), PartJob.Join(parts).Select(PartJob.Describe));
        Assert.Equal(20, parts.Sum(part => part.CheckpointCount));
        long length = paths.Sum(path => new FileInfo(path).Length);
        Assert.All(parts, part => Assert.InRange(part.BytesRead, length / 5, length / 3));
    }

    [Fact]
    public void TheShareDependsNeitherOnTheOrderOfTheListingNorOnTheMount()
    {
        using var directory = new CheckpointDirectory();
        using var mount = new CheckpointDirectory();
        string[] paths = WriteList(directory, 12);
        string[] mounted = WriteList(mount, 12);
        var expected = Shares(paths);

        Assert.Equal(expected, Shares([.. paths.Reverse()]));
        Assert.Equal(expected, Shares([.. mounted.OrderBy(path => path[^14])]));
    }

    [Fact]
    public void MissingDoubledAndForeignPartsAreNamedTogether()
    {
        using var directory = new CheckpointDirectory();
        string[] paths = WriteList(directory, 3);
        var parts = PartJob.RunAll(5, () => PartJob.Verify(Checksum), paths).ToDictionary(part => part.Part);
        var otherOptions = PartJob.Run(new PartNumber(2, 5), new VerdictOperation(Checksum, new Dictionary<string, string> { ["AllowGlobal"] = "x" }), paths);
        var otherList = PartJob.Run(new PartNumber(3, 5), PartJob.Verify(Checksum), paths[0], paths[1]);
        var otherCount = PartJob.Run(new PartNumber(1, 2), PartJob.Verify(Checksum), paths);

        var error = Assert.Throws<CheckpointException>(() => PartJob.Join(
            [parts["1/5"], parts["1/5"], parts["4/5"], otherOptions, otherList, otherCount]));

        Assert.Equal(CheckpointErrorIds.PartsNotWhole, error.ErrorId);
        Assert.Contains("missing: 2/5, 3/5, 5/5; 1/5 is there 2 times", error.Message, StringComparison.Ordinal);
        Assert.Contains("2/5 (2/5) is of another job: it was made with another -AllowGlobal", error.Message, StringComparison.Ordinal);
        Assert.Contains("3/5 (3/5) is of another job: it is of other checkpoints, or of other versions of them", error.Message, StringComparison.Ordinal);
        Assert.Contains("1/2 (1/2) is of another job: there are 2 parts of it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APartOfAnotherVersionOfTheCheckpointIsNamed()
    {
        using var directory = new CheckpointDirectory();
        string path = WriteList(directory, 1)[0];
        var parts = PartJob.RunAll(3, () => PartJob.Verify(Checksum, ignoresCost: true), path).Where(part => part.Part != "2/3").ToList();
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddMinutes(1));
        parts.Add(PartJob.Run(new PartNumber(2, 3), PartJob.Verify(Checksum, ignoresCost: true), path));

        var error = Assert.Throws<CheckpointException>(() => PartJob.Join(parts));

        Assert.Equal(CheckpointErrorIds.PartsNotWhole, error.ErrorId);
        Assert.Contains($"2/3 read another version of '{path}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ACheckpointThatOnePartCouldNotReadIsNamed()
    {
        using var directory = new CheckpointDirectory();
        string path = WriteList(directory, 1)[0];
        byte[] bytes = File.ReadAllBytes(path);
        var time = File.GetLastWriteTimeUtc(path);
        var parts = new List<CheckpointPart> { PartJob.Run(new PartNumber(1, 2), PartJob.Verify(Checksum, ignoresCost: true), path) };
        var work = new PartWork(new PartNumber(2, 2), PartJob.Verify(Checksum, ignoresCost: true), [path], TestContext.Current.CancellationToken);
        File.Delete(path);
        Assert.Equal(CheckpointErrorIds.NotFound, work.Run(Assert.Single(work.Divided), null, TestContext.Current.CancellationToken)?.ErrorId);
        parts.Add(work.Conclude());
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, time);

        var error = Assert.Throws<CheckpointException>(() => PartJob.Join(parts));

        Assert.Contains($"2/2 could not read '{path}'", error.Message, StringComparison.Ordinal);
        Assert.False(parts[1].PartPassed);
    }

    [Fact]
    public void ARecordThatWasCutOrChangedIsNone()
    {
        using var directory = new CheckpointDirectory();
        var part = PartJob.Run(new PartNumber(1, 1), PartJob.Verify(Checksum), WriteList(directory, 1));

        foreach (string record in new[] { part.Record[..^1], part.Record.Replace("\"part\":1", "\"part\":2", StringComparison.Ordinal), "lowmem-part:", string.Empty, "{}" })
        {
            var error = Assert.Throws<CheckpointException>(() => new PartSet().Add(record, "file.json"));
            Assert.Equal(CheckpointErrorIds.PartInvalid, error.ErrorId);
            Assert.StartsWith("file.json: ", error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>A record may be forged, digest and all: it is data, and leads nowhere.</summary>
    [Theory]
    [InlineData("\"listCount\":1", "\"listCount\":2000000000")]
    [InlineData("\"count\":1", "\"count\":2000000000")]
    [InlineData("\"items\":[", "\"items\":null,\"other\":[")]
    [InlineData("\"index\":0", "\"index\":-1")]
    [InlineData("\"errors\":[]", "\"errors\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]")]
    [InlineData("\"lowmemPart\":2", "\"lowmemPart\":1")]
    public void AForgedRecordIsNone(string text, string other)
    {
        using var directory = new CheckpointDirectory();
        string json = PartJob.Run(new PartNumber(1, 1), PartJob.Verify(Checksum), WriteList(directory, 1)).Record[(12 + 64 + 1)..];
        string forged = json.Replace(text, other, StringComparison.Ordinal);
        string digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(forged)));

        Assert.NotEqual(json, forged);
        Assert.Equal(CheckpointErrorIds.PartInvalid, Assert.Throws<CheckpointException>(() => new PartSet().Add($"lowmem-part:{digest}:{forged}", "x")).ErrorId);
    }

    [Fact]
    public void AKeyThatIsNoUnicodeComesThrough()
    {
        using var directory = new CheckpointDirectory();
        directory.Write("model.safetensors", SafetensorsBytes.One("é\u2028\"", float.NaN));
        string path = Path.Combine(directory.Path, "model.safetensors");
        var options = new VerificationOptions { Level = VerificationLevel.Values };

        var parts = PartJob.RunAll(2, () => PartJob.Verify(options), path);

        Assert.All(parts, part => Assert.All(part.Record, character => Assert.InRange(character, ' ', '~')));
        Assert.Equal(PartJob.DescribeWhole(path, options), PartJob.Describe(Assert.Single(PartJob.Join(parts))));
    }

    [Theory]
    [InlineData("1/1", true)]
    [InlineData(" 3 / 8 ", true)]
    [InlineData("0/8", false)]
    [InlineData("9/8", false)]
    [InlineData("+1/8", false)]
    [InlineData("1/100001", false)]
    [InlineData("1/2/3", false)]
    [InlineData("", false)]
    public void APartIsWrittenAsTwoNumbers(string text, bool isPart) => Assert.Equal(isPart, PartNumber.TryParse(text, out _));

    private static string Shares(string[] paths) => string.Join(
        '\n',
        Enumerable.Range(1, 3).Select(number => new PartWork(new PartNumber(number, 3), PartJob.Verify(Checksum), paths, TestContext.Current.CancellationToken))
            .Select(work => string.Join(' ', work.TakeWhole().Select(task => Path.GetFileName(task.Path)))));

    private static string[] WriteList(CheckpointDirectory directory, int count) =>
    [
        .. Enumerable.Range(0, count).Select(i =>
        {
            string name = $"{(i % 2 == 0 ? "I" : "ı")}-{i:D2}.safetensors";
            directory.Write(name, SafetensorsBytes.One($"w{i}", [.. Enumerable.Range(0, 1000 + (i * 10)).Select(number => (float)number)]));
            string path = Path.Combine(directory.Path, name);
            File.SetLastWriteTimeUtc(path, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
            return path;
        }),
    ];
}

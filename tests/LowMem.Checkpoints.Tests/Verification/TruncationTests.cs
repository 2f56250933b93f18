using System.Globalization;
using System.Text.RegularExpressions;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Formats;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Verification;

/// <summary>A download that stopped is called that, with what is there and what there should be.</summary>
public sealed partial class TruncationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("state-dict")]
    [InlineData("repacked-streamed")]
    [InlineData("shared-storages")]
    public void SaysHowFarAnArchiveGoesWhereverItWasCut(string fixture)
    {
        string path = FixtureFiles.PathOf(fixture);
        long whole = new FileInfo(path).Length;
        var checkpoint = Checkpoint.Open(path, Token);
        var storages = checkpoint.Tensors.DistinctBy(tensor => tensor.StorageKey).Select(tensor => tensor.Storage!).ToList();
        long first = storages.Min(storage => storage.Offset);
        long last = storages.Max(storage => storage.Offset + storage.ByteLength);

        for (int length = 64; length < whole - 22; length += 7)
        {
            using var file = MutatedFile.Of(fixture, bytes => bytes[..length]);

            var verdict = CheckpointVerifier.Verify(file.Path, cancellationToken: Token);

            Assert.False(verdict.Passed);
            var finding = verdict.Findings[0];
            Assert.Equal(CheckpointErrorIds.Truncated, finding.Code);
            Assert.Equal(length, finding.Offset);
            if (length >= first && length < last)
            {
                int intact = storages.Count(storage => storage.Offset + storage.ByteLength <= length);
                var figures = Figures().Match(finding.Message);
                Assert.True(figures.Success, finding.Message);
                Assert.Equal(length, Number(figures, "n"));
                Assert.InRange(Number(figures, "m"), length + 1, whole);
                Assert.Equal(intact, Number(figures, "intact"));
                Assert.Equal(storages.Count, Number(figures, "all"));
            }
        }
    }

    [Theory]
    [InlineData("state-dict")]
    [InlineData("torchscript")]
    [InlineData("repacked-deflated")]
    [InlineData("repacked-streamed")]
    [InlineData("repacked-zip64")]
    [InlineData("shapes")]
    [InlineData("legacy-state-dict")]
    [InlineData("legacy-training")]
    public void SaysHowMuchThereIsAndNeverMoreThanThereWas(string fixture)
    {
        int whole = (int)new FileInfo(FixtureFiles.PathOf(fixture)).Length;
        foreach (int length in Enumerable.Range(0, whole).Where(length => length is >= 32 && (length % 41 == 0 || length > whole - 10)))
        {
            using var file = MutatedFile.Of(fixture, bytes => bytes[..length]);

            var finding = CheckpointVerifier.Verify(file.Path, cancellationToken: Token).Findings[0];

            Assert.Equal(CheckpointErrorIds.Truncated, finding.Code);
            var figures = Sizes().Match(finding.Message);
            Assert.True(figures.Success, finding.Message);
            Assert.Equal(length, Number(figures, "n"));
            Assert.InRange(Number(figures, "m"), length + 1, whole);
        }
    }

    [Fact]
    public void CountsStoragesThatComeBeforeThePickleThatNamesThem()
    {
        using var file = MutatedFile.Of("torchscript", bytes => bytes[..^1]);

        var finding = CheckpointVerifier.Verify(file.Path, cancellationToken: Token).Findings[0];

        Assert.Contains("5 of 5 storages are whole, and the file ends inside the directory itself", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SaysThatATarArchiveEndsBeforeAMember()
    {
        using var file = MutatedFile.Of("tar-state-dict", bytes => bytes[..(bytes.Length / 2)]);

        var finding = CheckpointVerifier.Verify(file.Path, cancellationToken: Token).Findings[0];

        Assert.Equal(CheckpointErrorIds.Truncated, finding.Code);
        Assert.Contains("The tar archive ends before its member 'storages'", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SaysExactlyWhatASafetensorsFileLacks()
    {
        long whole = new FileInfo(FixtureFiles.PathOf("shapes")).Length;
        using var file = MutatedFile.Of("shapes", bytes => bytes[..^5]);

        var finding = CheckpointVerifier.Verify(file.Path, cancellationToken: Token).Findings[0];

        Assert.Equal(CheckpointErrorIds.Truncated, finding.Code);
        Assert.StartsWith($"truncated: {whole - 5} of {whole} bytes", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesTheRecordInWhichItEnds()
    {
        var tensor = Checkpoint.Open(FixtureFiles.PathOf("state-dict"), Token).Tensors[0];
        using var file = MutatedFile.Of("state-dict", bytes => bytes[..(int)(tensor.Offset + 3)]);

        var finding = CheckpointVerifier.Verify(file.Path, cancellationToken: Token).Findings[0];

        Assert.Contains($"inside record 'state-dict/data/{tensor.StorageKey}', 3 bytes into its {tensor.ByteLength}", finding.Message, StringComparison.Ordinal);
    }

    private static long Number(Match match, string group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex("^truncated: (?<n>[0-9]+) of (at least )?(?<m>[0-9]+) bytes")]
    private static partial Regex Sizes();

    [GeneratedRegex("^truncated: (?<n>[0-9]+) of at least (?<m>[0-9]+) bytes.* (?<intact>[0-9]+) of (?<all>[0-9]+) storages are whole")]
    private static partial Regex Figures();
}

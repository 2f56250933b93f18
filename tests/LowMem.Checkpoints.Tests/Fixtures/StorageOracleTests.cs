using System.IO.Compression;
using System.Text.RegularExpressions;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Fixtures;

/// <summary>Nothing is lost: each storage of a file belongs to a listed tensor or to a component of one, or a finding names it.</summary>
public sealed partial class StorageOracleTests
{
    public static TheoryData<string> Readable =>
        [.. FixtureFiles.Names.Where(name => !FixtureFiles.Expectation(name).TryGetProperty("error", out _))];

    public static TheoryData<string> Archives => [.. ((IEnumerable<string>)Readable.Select(row => row.Data)).Where(IsArchive)];

    [Theory]
    [MemberData(nameof(Archives))]
    public void EveryRecordOfAnArchiveIsListedOrLeftOutByName(string name)
    {
        var verdict = Verify(name);
        var listed = ListedStorages(name);
        using var archive = ZipFile.OpenRead(FixtureFiles.PathOf(name));

        var lost = archive.Entries
            .Where(entry => entry.Length > 0)
            .Select(entry => StorageRecord().Match(entry.FullName))
            .Where(match => match.Success)
            .Select(match => match.Groups["folder"].Value == "data" ? match.Groups["key"].Value : $"constants/{match.Groups["key"].Value}")
            .Where(key => !listed.Contains(key))
            .ToList();

        int leftOut = verdict.Findings.Count(finding => finding.Code == FindingCodes.UnlistedStorage);
        Assert.True(lost.Count == 0 || leftOut == 1, $"lost: {string.Join(", ", lost)}");
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void NoFixtureHasAStorageThatIsLost(string name) => Assert.DoesNotContain(
        Verify(name).Findings,
        finding => finding is { Code: FindingCodes.UnlistedStorage, Severity: not FindingSeverity.Information });

    [Theory]
    [InlineData("legacy-whole-module")]
    [InlineData("tar-state-dict")]
    [InlineData("torchscript-attributes")]
    [InlineData("quantized-modules")]
    public void TheStoragesOfAFileAreKnownWithoutItsTensors(string name)
    {
        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf(name), TestContext.Current.CancellationToken);

        Assert.NotEmpty(checkpoint.Storages);
        var listed = ListedStorages(name);
        Assert.All(checkpoint.Storages.Where(storage => storage.ByteLength > 0), storage => Assert.Contains(storage.Key, listed));
    }

    /// <summary>The oracle itself: each readable fixture with one storage more than its tensors show.</summary>
    [Theory]
    [MemberData(nameof(Readable))]
    public void AStorageThatLosesItsTensorsIsTold(string name)
    {
        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf(name), TestContext.Current.CancellationToken);
        var lost = checkpoint.Storages.FirstOrDefault(storage => storage.ByteLength > 0);
        if (lost is null || checkpoint.Findings.Any(finding => finding.Severity == FindingSeverity.Error))
        {
            return;
        }

        var others = checkpoint.Tensors.Where(tensor => !tensor.GetParts()
            .Concat(tensor.Chunks?.SelectMany(chunk => chunk.Source.GetParts()) ?? [])
            .Any(part => (part.Path, part.StorageKey) == (lost.Path, lost.Key)));
        var finding = Assert.Single(
            StructureCheck.Find(checkpoint with { Tensors = [.. others] }, TestContext.Current.CancellationToken),
            finding => finding.Code == FindingCodes.UnlistedStorage && finding.Message.Contains(Path.GetFileName(lost.Path), StringComparison.Ordinal));
        Assert.Equal(FindingSeverity.Error, finding.Severity);
        Assert.Contains($"'{lost.Key}'", finding.Message, StringComparison.Ordinal);
    }

    private static HashSet<string> ListedStorages(string name) => Checkpoint.Open(FixtureFiles.PathOf(name), TestContext.Current.CancellationToken).Tensors
        .SelectMany(tensor => tensor.GetParts())
        .Select(part => part.StorageKey)
        .OfType<string>()
        .ToHashSet(StringComparer.Ordinal);

    private static CheckpointVerdict Verify(string name) => CheckpointVerifier.Verify(
        FixtureFiles.PathOf(name),
        new VerificationOptions { Level = VerificationLevel.Structure },
        cancellationToken: TestContext.Current.CancellationToken);

    private static bool IsArchive(string name)
    {
        string path = FixtureFiles.PathOf(name);
        return File.Exists(path) && File.ReadAllBytes(path) is [(byte)'P', (byte)'K', ..];
    }

    [GeneratedRegex("^[^/]+/(?<folder>data|constants)/(?<key>[^/.]+)$")]
    private static partial Regex StorageRecord();
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification;
using LowMem.Checkpoints.Verification.Signing;

namespace LowMem.Checkpoints.Tests.Verification.Signing;

/// <summary>What was signed is read together with the values, the checksums and the manifest, each byte once.</summary>
public sealed class OnePassTests : IDisposable
{
    private const int Length = 2 << 20;

    private readonly SignedModel model = new("nistP256", isEmpty: true);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => model.Dispose();

    [Fact]
    public void AnArchiveIsReadOnce()
    {
        model.Write("model.pt", Archive(8, 1));
        model.Sign();
        var verdict = ReadsOnce("model.pt");
        Assert.Contains(verdict.Findings, finding => finding.Code == FindingCodes.SignatureVerified && finding.Message.EndsWith("1 file is as signed", StringComparison.Ordinal));
    }

    [Fact]
    public void AFileOfSafetensorsIsReadOnce()
    {
        model.Write("model.safetensors", Safetensors("a", 4 * Length));
        model.Sign();
        ReadsOnce("model.safetensors");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("sha256")]
    [InlineData("blake2b")]
    [InlineData("blake3")]
    public void ShardsAreReadOnceAndSoIsWhatElseWasSigned(string? rangesBy)
    {
        model.Write("model.safetensors.index.json", """{"weight_map": {"a": "a.safetensors", "b": "b.safetensors"}}"""u8.ToArray());
        model.Write("a.safetensors", Safetensors("a", 2 * Length));
        model.Write("b.safetensors", Safetensors("b", 2 * Length));
        model.Write("notes/data.bin", new byte[Length]);
        if (rangesBy is null)
        {
            model.Sign();
        }
        else
        {
            model.SignInRanges(1_000_000, rangesBy);
        }

        var verdict = ReadsOnce(string.Empty);
        Assert.Contains(verdict.Findings, finding => finding.Code == FindingCodes.SignatureVerified && finding.Message.EndsWith("4 files are as signed", StringComparison.Ordinal));
    }

    [Fact]
    public void AllCheckpointsOfADirectoryAreReadOnce()
    {
        model.Write("model.safetensors", Safetensors("a", 2 * Length));
        model.Write("other/one.pt", Archive(1, 1));
        model.Write("other/two.pt", Archive(1, 2));
        model.Sign();
        ReadsOnce(string.Empty);
    }

    [Fact]
    public void ASignatureAloneReadsWhatWasSignedOnce()
    {
        model.Write("model.safetensors", Safetensors("a", 4 * Length));
        model.Sign();
        ReadsOnce("model.safetensors", VerificationLevel.Structure);
    }

    [Fact]
    public void TheRangeThatWasChangedIsNamed()
    {
        byte[] file = Safetensors("a", Length);
        model.Write("model.safetensors", file);
        model.SignInRanges(1_000_000);
        file[1_000_003] ^= 0x10;
        model.Write("model.safetensors", file);

        var verdict = model.Verify(Path.Combine(model.Path, "model.safetensors"), new VerificationOptions { Level = VerificationLevel.Values });

        var finding = Assert.Single(verdict.Findings, finding => finding.Severity == FindingSeverity.Error);
        Assert.Equal((FindingCodes.SignatureFileChanged, 1_000_000L), (finding.Code, finding.Offset));
        Assert.Contains("SHA-256 from byte 1000000 to 2000000 should be", finding.Message, StringComparison.Ordinal);
    }

    /// <summary>The pass ends where the content breaks; whether the file is as signed is told all the same.</summary>
    [Theory]
    [InlineData(VerificationLevel.Structure)]
    [InlineData(VerificationLevel.Values)]
    public void WhatIsBrokenMayBeAsSigned(VerificationLevel level)
    {
        byte[] file = Archive(1, 1);
        model.Write("model.pt", file[..^100]);
        model.Sign();

        var verdict = model.Verify(Path.Combine(model.Path, "model.pt"), new VerificationOptions { Level = level });

        Assert.Equal(
            [CheckpointErrorIds.Truncated, FindingCodes.SignatureVerified],
            verdict.Findings.Select(finding => finding.Code));
    }

    private CheckpointVerdict ReadsOnce(string name, VerificationLevel level = VerificationLevel.Values)
    {
        string path = Path.Combine(model.Path, name);
        long length = new DirectoryInfo(model.Path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        var manifest = level == VerificationLevel.Structure ? null : CheckpointManifest.Create(Checkpoint.Open(path, Token), null, Token);

        var verdict = model.Verify(path, new VerificationOptions { Level = level, Manifest = manifest });

        Assert.True(verdict.Passed, string.Join(Environment.NewLine, verdict.Findings));
        Assert.InRange(verdict.BytesRead, length * 99 / 100, length * 11 / 10);
        return verdict;
    }

    private static byte[] Archive(int count, int seed) => TensorBytes.Archive(
        [.. Enumerable.Range(0, count).Select(i => ($"w{i}", TensorBytes.Vector($"{i}", Length / 4)))],
        [.. Enumerable.Range(0, count).Select(i => ($"{i}", Content(seed + i, Length)))]).Build();

    private static byte[] Safetensors(string key, int length) => SafetensorsBytes.File(
        $$$"""{"{{{key}}}":{"dtype":"F32","shape":[{{{length / 4}}}],"data_offsets":[0,{{{length}}}]}}""", Content(key[0], length));

    /// <summary>Finite numbers.</summary>
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

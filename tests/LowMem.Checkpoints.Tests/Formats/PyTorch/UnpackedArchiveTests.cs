using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch;

/// <summary>Directories that were archives of PyTorch.</summary>
public sealed class UnpackedArchiveTests : IDisposable
{
    private readonly CheckpointDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void ThePickleOfTheDirectoryStandsForItAsWell()
    {
        Write(("w", "0"));
        directory.Write("data/0", new byte[8]);

        var checkpoint = Checkpoint.Open(Path.Combine(directory.Path, "data.pkl"), TestContext.Current.CancellationToken);

        var tensor = Assert.Single(checkpoint.Tensors);
        Assert.Equal((Path.Combine(directory.Path, "data", "0"), 0L), (tensor.Path, tensor.Offset));
        Assert.Equal(CheckpointFormats.PyTorchZip, tensor.Format);
    }

    [Fact]
    public void IsTestedAsAnArchiveIs()
    {
        Write(("w", "0"));
        directory.Write("data/0", new byte[8]);
        directory.Write("data/1", new byte[3]);
        directory.Write("code/evil.py", Call("os", "system"));

        var verdict = Verify();

        Assert.False(verdict.Passed);
        Assert.Contains(verdict.Findings, finding => finding.Code == FindingCodes.UnlistedStorage && finding.Message.Contains("'1'", StringComparison.Ordinal));
        Assert.Contains(verdict.Findings, finding => finding.Code == FindingCodes.UnsafeGlobal && finding.Message.Contains("code/evil.py", StringComparison.Ordinal));
        Assert.Contains(verdict.Findings, finding => finding.Code == FindingCodes.ChecksumAbsent);
    }

    [Theory]
    [InlineData(7, FindingCodes.StorageSizeMismatch)]
    [InlineData(-1, FindingCodes.StorageMissing)]
    public void AStorageThatIsNotWhatItShouldBeIsAtFault(int length, string code)
    {
        Write(("w", "0"));
        directory.Write("version", "3\n"u8.ToArray());
        if (length >= 0)
        {
            directory.Write("data/0", new byte[length]);
        }

        var checkpoint = directory.Open();

        Assert.NotNull(Assert.Single(checkpoint.Tensors).UnreadableReason);
        Assert.Contains(checkpoint.Findings, finding => finding.Code == code);
    }

    [Theory]
    [InlineData("../../secret")]
    [InlineData("/etc/hostname")]
    public void AKeyIsNoPath(string key)
    {
        Write(("w", key));
        directory.Write("version", "3\n"u8.ToArray());
        directory.Write("secret", new byte[8]);

        Assert.Contains(directory.Open().Findings, finding => finding.Code == FindingCodes.StorageMissing);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ALinkThatLeadsOutIsNotFollowed(bool isFolder)
    {
        using var outside = new CheckpointDirectory();
        outside.Write("0", new byte[8]);
        Write(("w", "0"));
        directory.Write("version", "3\n"u8.ToArray());
        if (isFolder)
        {
            Directory.CreateSymbolicLink(Path.Combine(directory.Path, "data"), outside.Path);
        }
        else
        {
            Directory.CreateDirectory(Path.Combine(directory.Path, "data"));
            File.CreateSymbolicLink(Path.Combine(directory.Path, "data", "0"), Path.Combine(outside.Path, "0"));
        }

        var checkpoint = directory.Open();

        Assert.NotNull(Assert.Single(checkpoint.Tensors).UnreadableReason);
        Assert.Contains(checkpoint.Findings, finding => finding.Code == FindingCodes.StorageMissing);
        Assert.DoesNotContain(checkpoint.Files, file => !file.Path.StartsWith(directory.Path, StringComparison.Ordinal));
    }

    [Fact]
    public void APickleThatIsALinkOutIsRefused()
    {
        using var outside = new CheckpointDirectory();
        outside.Write("data.pkl", [.. Proto(2), .. Dict(), (byte)'.']);
        Directory.CreateDirectory(Path.Combine(directory.Path, "data"));
        File.CreateSymbolicLink(Path.Combine(directory.Path, "data.pkl"), Path.Combine(outside.Path, "data.pkl"));

        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.Contains("leads out of the directory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IsFoundOnceBelowADirectory()
    {
        Write(("w", "0"));
        directory.Write("data/0", new byte[8]);
        directory.Write("constants.pkl", [.. Proto(2), (byte)')', (byte)'.']);
        directory.Write("code/m.debug_pkl", [.. Proto(2), (byte)')', (byte)'.']);

        var found = new CheckpointFinder().Find(Path.GetDirectoryName(Path.Combine(directory.Path, "x"))!, TestContext.Current.CancellationToken);

        Assert.Equal([Path.Combine(directory.Path, "data.pkl")], found);
    }

    private void Write(params (string Key, string Storage)[] tensors) => directory.Write(
        "data.pkl",
        [.. Proto(2), .. Dict([.. tensors.Select(tensor => (tensor.Key, TensorBytes.Vector(tensor.Storage, 2)))]), (byte)'.']);

    private CheckpointVerdict Verify() => CheckpointVerifier.Verify(
        directory.Path, new VerificationOptions { Level = VerificationLevel.Checksum }, cancellationToken: TestContext.Current.CancellationToken);
}

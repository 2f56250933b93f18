using System.Buffers.Binary;
using System.IO.Compression;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Formats.Archives;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Formats.Archives;

/// <summary>Checkpoints that are files in an archive.</summary>
public sealed class ArchiveTests : IDisposable
{
    private static readonly float[] Expected = [1, 2, 3];

    private readonly CheckpointDirectory directory = new();

    public void Dispose() => directory.Dispose();

    private static byte[] Safetensors => SafetensorsBytes.One("w", 1, 2, 3);

    private static byte[] PyTorch =>
        TensorBytes.Archive([("w", TensorBytes.Vector("0", 3))], ("0", [.. Expected.SelectMany(BitConverter.GetBytes)])).Build();

    /// <summary>The name of an archive, its content, and the place of a tensor in it: in the file, or not.</summary>
    public static TheoryData<string, byte[], string, bool> Archives => new()
    {
        { "agent.zip", new ZipBytes().Add("data", "{}"u8.ToArray()).Add("policy.pth", PyTorch).Build(), "policy.pth", true },
        { "agent.zip", new ZipBytes().Add("policy.safetensors", Safetensors).Build(), "policy.safetensors", true },
        { "packed.zip", new ZipBytes().AddDeflated("policy.pth", PyTorch).Build(), "policy.pth", false },
        { "packed.zip", new ZipBytes().AddDeflated("a/b.safetensors", Safetensors).Build(), "a/b.safetensors", false },
        { "slip.zip", new ZipBytes().Add("../x.pth", PyTorch).Build(), "../x.pth", true },
        { "model.nemo", new TarFiles().Add("./model_config.yaml", [1]).Add("./model_weights.ckpt", PyTorch).Build(), "model_weights.ckpt", true },
        { "model.nemo", Gzip(new TarFiles().Add("model_weights.ckpt", PyTorch).Build()), "model_weights.ckpt", false },
        { "nested.tar", new TarFiles().Add("x.zip", new ZipBytes().Add("policy.pth", PyTorch).Build()).Build(), "x.zip!/policy.pth", true },
        { "nested.zip", new ZipBytes().AddDeflated("x.tar", new TarFiles().Add("w", Safetensors).Build()).Build(), "x.tar!/w", false },
        { "odd.zip", new ZipBytes().Add("a!/b.pth", PyTorch).Build(), "a!/b.pth", true },
    };

    [Theory]
    [MemberData(nameof(Archives))]
    public void AFileInAnArchiveIsRead(string archive, byte[] content, string member, bool isInPlace)
    {
        directory.Write(archive, content);
        string file = Path.Combine(directory.Path, archive);

        var checkpoint = Open($"{file}!/{member}");

        var tensor = Assert.Single(checkpoint.Tensors);
        Assert.Equal(("w", file, $"{file}!/{member}"), (tensor.Key, tensor.Path, tensor.Checkpoint));
        Assert.Equal([new CheckpointFile(file, content.Length, File.GetLastWriteTimeUtc(file)) { Identity = FileIdentities.Find(file) }], checkpoint.Files);
        Assert.Equal(isInPlace, tensor.Offset >= 0);
        if (isInPlace)
        {
            Assert.Equal(Expected, ReadFloats(content.AsSpan((int)tensor.Offset, 12)));
        }

        using var reader = new TensorDataReader();
        var bytes = new byte[12];
        reader.Read(tensor, 0, bytes, TestContext.Current.CancellationToken);
        Assert.Equal(Expected, ReadFloats(bytes));
        foreach (var level in Enum.GetValues<VerificationLevel>())
        {
            var verdict = CheckpointVerifier.Verify(
                $"{file}!/{member}", new VerificationOptions { Level = level }, cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal($"{file}!/{member}", verdict.Path);
            Assert.DoesNotContain(verdict.Findings, finding => finding.Severity != FindingSeverity.Information);
        }
    }

    [Fact]
    public void AnArchiveNamesTheCheckpointsInIt()
    {
        byte[] zip = new ZipBytes().Add("data", "{}"u8.ToArray()).AddDeflated("policy.pth", PyTorch).Add("weights", Safetensors).Build();

        Assert.Contains("it has no 'data.pkl'. It holds checkpoints: 'policy.pth', 'weights'. Name one by the archive", Error("agent.zip", zip), StringComparison.Ordinal);
        Assert.Contains("It holds checkpoints: 'policy.pth'.", Error("agent.tar", new TarFiles().Add("policy.pth", PyTorch).Build()), StringComparison.Ordinal);
        Assert.Contains("It holds arrays of NumPy (.npz): 'a.npy'", Error("a.npz", new ZipBytes().Add("a.npy", [1]).Build()), StringComparison.Ordinal);
        Assert.Contains("It is a model of Keras", Error("a.keras", new ZipBytes().Add("model.weights.h5", [1]).Build()), StringComparison.Ordinal);
        Assert.Contains("It holds no checkpoint, but 'document.xml'.", Error("a.docx", new ZipBytes().Add("document.xml", [1]).Build()), StringComparison.Ordinal);
    }

    [Fact]
    public void ANameThatIsNotThereNamesThoseThatAre()
    {
        directory.Write("agent.zip", new ZipBytes().Add("policy.pth", PyTorch).Build());

        var error = Fail("agent.zip!/other.pth");

        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
        Assert.EndsWith("the archive holds no 'other.pth'. It holds checkpoints: 'policy.pth'.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALongNameOfGnuTarIsReadWhole()
    {
        using var archive = new MemoryStream();
        string name = new string('a', 150) + "/w.pth";
        using (var writer = new System.Formats.Tar.TarWriter(archive, System.Formats.Tar.TarEntryFormat.Gnu, leaveOpen: true))
        {
            writer.WriteEntry(new System.Formats.Tar.GnuTarEntry(System.Formats.Tar.TarEntryType.RegularFile, name) { DataStream = new MemoryStream(PyTorch) });
        }

        directory.Write("gnu.tar", archive.ToArray());

        Assert.Equal([name], ArchivePath.GetMembers(Path.Combine(directory.Path, "gnu.tar"), TestContext.Current.CancellationToken));
        Assert.Single(Open(Path.Combine(directory.Path, $"gnu.tar!/{name}")).Tensors);
    }

    [Fact]
    public void AnArchiveOfManyFilesDoesNotLookLikeAPickle()
    {
        var zip = new ZipBytes();
        for (int i = 0; i < 5000; i++)
        {
            zip.Add($"f{i}", []);
        }

        directory.Write("many.zip", zip.Build());

        var error = Fail("many.zip");

        Assert.Empty(error.UnsafeGlobals);
        Assert.Contains("It holds no checkpoint, but 'f0', 'f1', 'f2', 'f3', 'f4' and more.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsInFrontHasToBeAnArchive()
    {
        directory.Write("model.safetensors", Safetensors);
        Assert.Equal(CheckpointErrorIds.FormatInvalid, Fail("model.safetensors!/w").ErrorId);
        Assert.Equal(CheckpointErrorIds.NotFound, Fail("gone.zip!/w").ErrorId);

        // A step up inside an archive does not lead to the file beside it.
        directory.Write("a.zip", new ZipBytes().Add("policy.pth", PyTorch).Build());
        Assert.Equal(CheckpointErrorIds.NotFound, Fail("a.zip!/../model.safetensors").ErrorId);
    }

    [Fact]
    public void AFileOfThatVeryNameIsThatFile()
    {
        directory.Write("agent.zip", new ZipBytes().Add("policy.pth", PyTorch).Build());
        directory.Write("dir!/policy.safetensors", Safetensors);

        Assert.Equal(CheckpointFormats.Safetensors, Open(Path.Combine(directory.Path, "dir!/policy.safetensors")).Format);
    }

    [Fact]
    public void ArchivesAreOpenedTwoDeepAndNoDeeper()
    {
        byte[] inner = new ZipBytes().Add("policy.pth", PyTorch).Build();
        directory.Write("a.zip", new ZipBytes().Add("b.zip", new ZipBytes().Add("c.zip", inner).Build()).Build());

        Assert.Contains("archives are opened up to one in another", Fail("a.zip!/b.zip!/c.zip!/policy.pth").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TwoFilesOfOneNameAreRefused()
    {
        directory.Write("a.zip", new ZipBytes().Add("policy.pth", PyTorch).Add("policy.pth", Safetensors).Build());
        directory.Write("a.tar", new TarFiles().Add("policy.pth", PyTorch).Add("policy.pth", Safetensors).Build());

        Assert.Contains("two files named 'policy.pth'", Fail("a.zip!/policy.pth").Message, StringComparison.Ordinal);
        Assert.Contains("two files named 'policy.pth'", Fail("a.tar!/policy.pth").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatIsEncryptedSaysSo()
    {
        directory.Write("a.zip", new ZipBytes().Add(new ZipBytes.Record("policy.pth", PyTorch, (uint)PyTorch.Length, 0) { Flags = 1 }).Build());

        var error = Fail("a.zip!/policy.pth");

        Assert.Equal(CheckpointErrorIds.Unsupported, error.ErrorId);
        Assert.Contains("is encrypted. Where another program can unpack it, unpack it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatUnfoldsToFarTooMuchIsNotUnfolded()
    {
        const int length = 70 << 20;
        directory.Write("bomb.zip", new ZipBytes().AddDeflated("policy.pth", new byte[length]).Build());
        directory.Write("bomb.tgz", Gzip(new TarFiles().Add("policy.pth", new byte[length]).Build()));

        Assert.Contains($"to {length}, more than is held in memory here", Fail("bomb.zip!/policy.pth").Message, StringComparison.Ordinal);
        Assert.Contains("more than the 16777216 that are held in memory here", Fail("bomb.tgz!/policy.pth").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsBrokenInTheFileIsToldByItsPlaceInTheArchive()
    {
        byte[] cut = Safetensors[..^4];
        directory.Write("a.zip", new ZipBytes().Add("cut.safetensors", cut).Build());

        var error = Fail("a.zip!/cut.safetensors");

        Assert.Equal(CheckpointErrorIds.Truncated, error.ErrorId);
        Assert.StartsWith($"{Path.Combine(directory.Path, "a.zip")}!/cut.safetensors: truncated: {cut.Length} of {cut.Length + 4} bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatNamesOthersIsRefused()
    {
        directory.Write("a.zip", new ZipBytes().Add("model.safetensors.index.json", """{"weight_map":{"a":"b"}}"""u8.ToArray()).Build());

        Assert.Contains("names others, which are looked for in a directory", Fail("a.zip!/model.safetensors.index.json").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AVerdictTellsWhatTheArchiveHidesBesideTheCheckpoint()
    {
        byte[] pickle = [0x80, 2, .. "cos\nsystem\n"u8, .. "X\u0002\0\0\0id"u8, 0x85, (byte)'R', (byte)'.'];
        directory.Write("a.zip", new ZipBytes().Add("policy.pth", PyTorch).Add("extra.pkl", pickle).Build());
        string path = Path.Combine(directory.Path, "a.zip!/policy.pth");

        var verdict = CheckpointVerifier.Verify(path, cancellationToken: TestContext.Current.CancellationToken);

        Assert.False(verdict.Passed);
        Assert.Contains(verdict.Findings, finding => finding.Code == FindingCodes.UnsafeGlobal && finding.Message.Contains("os.system", StringComparison.Ordinal));
        Assert.Empty(Open(path).UnsafeGlobals);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AChangedByteInAZipShowsByItsChecksums(bool isInner)
    {
        byte[] content = new ZipBytes().Add("policy.file", isInner ? PyTorch : Safetensors).Build();
        directory.Write("a.zip", content);
        string path = Path.Combine(directory.Path, "a.zip!/policy.file");
        content[(int)Open(path).Tensors[0].Offset] ^= 1;
        directory.Write("a.zip", content);

        var verdict = CheckpointVerifier.Verify(
            path, new VerificationOptions { Level = VerificationLevel.Checksum }, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(isInner ? 2 : 1, verdict.Findings.Count(finding => finding.Code == FindingCodes.ChecksumMismatch));
    }

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    private static float[] ReadFloats(ReadOnlySpan<byte> bytes)
    {
        var values = new float[bytes.Length / 4];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]);
        }

        return values;
    }

    private static Checkpoint Open(string path) => Checkpoint.Open(path, TestContext.Current.CancellationToken);

    private CheckpointException Fail(string name) => Assert.Throws<CheckpointException>(() => Open(Path.Combine(directory.Path, name)));

    private string Error(string name, byte[] content)
    {
        directory.Write(name, content);
        return Fail(name).Message;
    }
}

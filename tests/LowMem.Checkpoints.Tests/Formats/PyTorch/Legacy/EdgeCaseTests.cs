using System.Buffers.Binary;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch.Legacy;

/// <summary>Legacy PyTorch files as they are legal and seldom.</summary>
public sealed class EdgeCaseTests
{
    [Fact]
    public void TakesCountsInTheByteOrderOfABigEndianMachine()
    {
        using var file = MutatedFile.Of("legacy-views", bytes =>
        {
            bytes.AsSpan(bytes.Length - LegacyBytes.ViewsStoragesLength, 8).Reverse();
            return bytes;
        });
        using var reader = new TensorDataReader();

        var tensor = file.Open().Tensors.Single(tensor => tensor.Key == "of_view");

        // The elements are little-endian on every machine.
        var bytes = new byte[16];
        reader.Read(tensor, 0, bytes, TestContext.Current.CancellationToken);
        Assert.Equal([3f, 4, 5, 6], Enumerable.Range(0, 4).Select(i => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(4 * i))));
    }

    [Fact]
    public void NamesTheStoragesOfViewsAsPyTorchDoes()
    {
        var tensors = Checkpoint.Open(FixtureFiles.PathOf("legacy-views"), TestContext.Current.CancellationToken).Tensors;

        Assert.Equal(["100", "100", "100", "99"], tensors.Select(tensor => tensor.StorageKey));
        Assert.Equal(tensors[0].Offset + 12, tensors[1].Offset);
    }

    [Fact]
    public void ShowsTheSourceOfTheModules()
    {
        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf("legacy-python2-module"), TestContext.Current.CancellationToken);

        Assert.StartsWith("class Linear(Module):", checkpoint.Metadata["source:torch.nn.modules.linear.Linear"], StringComparison.Ordinal);
        Assert.Equal("little", checkpoint.Metadata["machine_byteorder"]);
        Assert.Equal("1001", checkpoint.FormatVersion);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CountsTheGlobalsOfAllItsPickles(bool inKeys)
    {
        byte[] version = [0x80, 2, (byte)'M', 0xe9, 3, (byte)'.'];
        byte[] danger = [0x80, 2, .. "cos\nsystem\n."u8];
        byte[] emptyList = [0x80, 2, (byte)']', (byte)'.'];
        byte[] dangerInList = [0x80, 2, (byte)']', .. "cos\nsystem\na."u8];
        using var file = MutatedFile.With(
            [.. LegacyBytes.Magic, .. version, .. inKeys ? emptyList : danger, .. emptyList, .. inKeys ? dangerInList : emptyList]);

        if (inKeys)
        {
            // Something that is no storage is listed as one: what is unsafe is named all the same.
            Assert.Contains(file.Open().Findings, finding => finding.Code == FindingCodes.StorageSizeMismatch);
        }

        Assert.Equal(["os.system"], file.Open().UnsafeGlobals);
    }

    [Fact]
    public void NamesWhatIsDangerousBehindTheLastStorage()
    {
        using var file = MutatedFile.Of("legacy-views", bytes => [.. bytes, 0x80, 2, .. "cos\nsystem\n."u8]);

        Assert.Equal(["os.system"], file.Open().UnsafeGlobals);
    }

    [Fact]
    public void ReadsAMagicNumberOfProtocol4()
    {
        byte[] frame = [0x80, 4, 0x95, 13, 0, 0, 0, 0, 0, 0, 0];
        using var file = MutatedFile.Of("legacy-views", bytes => [.. frame, .. bytes[2..]]);

        Assert.Equal(4, file.Open().Tensors.Count);
    }

    [Fact]
    public void ReadsAPickleThatIsLongerThanWhatIsReadAhead()
    {
        byte[] text = new byte[200_000];
        Array.Fill(text, (byte)'x');
        byte[] length = [0x40, 0x0d, 3, 0];
        byte[] version = [0x80, 2, (byte)'M', 0xe9, 3, (byte)'.'];
        byte[] none = [0x80, 2, (byte)'N', (byte)'.'];
        byte[] emptyList = [0x80, 2, (byte)']', (byte)'.'];
        using var file = MutatedFile.With(
            [.. LegacyBytes.Magic, .. version, .. none, 0x80, 2, (byte)'X', .. length, .. text, (byte)'.', .. emptyList]);

        Assert.Equal(new string('x', 200_000), file.Open().Values["(root)"]);
    }

    [Fact]
    public void ReadsAFileWithoutStorages()
    {
        using var file = MutatedFile.With(LegacyBytes.File(PickleBytes.Dict(("epoch", PickleBytes.Int(3))), Array.Empty<string>()));

        var checkpoint = file.Open();

        Assert.Equal(3L, checkpoint.Values["epoch"]);
        Assert.Empty(checkpoint.Tensors);
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void ReadsStoragesWithoutElementsBetweenOthers()
    {
        byte[] root = PickleBytes.Dict(("a", TensorBytes.Vector("0", 1)), ("empty", TensorBytes.Vector("1", 0)), ("b", TensorBytes.Vector("2", 1)));
        using var file = MutatedFile.With(LegacyBytes.File(
            root, ["0", "1", "2"], (1, BitConverter.GetBytes(1f)), (0, []), (1, BitConverter.GetBytes(2f))));

        var tensors = file.Open().Tensors;

        Assert.Equal([1L, 0, 1], tensors.Select(tensor => tensor.ElementCount));
        Assert.Equal([2f, 1f], new[] { tensors[2], tensors[0] }.Select(tensor => BitConverter.ToSingle(File.ReadAllBytes(file.Path), (int)tensor.Offset)));
    }

    [Fact]
    public void TakesKeysOfStoragesThatAreNumbers()
    {
        byte[] root = TensorBytes.Vector("18446744073709551615", 1);
        using var file = MutatedFile.With(LegacyBytes.File(root, [(byte)']', .. PickleBytes.Ascii("L18446744073709551615L\n"), (byte)'a'], (1, new byte[4])));

        var checkpoint = file.Open();

        Assert.Equal("18446744073709551615", Assert.Single(checkpoint.Tensors).StorageKey);
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void ReadsAZeroDimTensorAtTheVeryEndOfTheFile()
    {
        byte[] root = TensorBytes.Tensor(TensorBytes.Storage("0", 2, "LongStorage"), 1, [], []);
        using var file = MutatedFile.With(LegacyBytes.File(root, ["0"], (2, [.. new byte[8], 7, .. new byte[7]])));

        var tensor = Assert.Single(file.Open().Tensors);

        Assert.Equal(new FileInfo(file.Path).Length, tensor.Offset + 8);
        Assert.Empty(tensor.Shape);
    }
}

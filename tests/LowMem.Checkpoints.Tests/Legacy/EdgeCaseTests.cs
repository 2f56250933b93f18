using System.Buffers.Binary;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Formats;

namespace LowMem.Checkpoints.Tests.Legacy;

/// <summary>Legacy PyTorch files as they are legal and seldom.</summary>
public sealed class EdgeCaseTests
{
    [Fact]
    public void Takes_counts_in_the_byte_order_of_a_big_endian_machine()
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
    public void Names_the_storages_of_views_as_PyTorch_does()
    {
        var tensors = Checkpoint.Open(FixtureFiles.PathOf("legacy-views"), TestContext.Current.CancellationToken).Tensors;

        Assert.Equal(["100", "100", "100", "99"], tensors.Select(tensor => tensor.StorageKey));
        Assert.Equal(tensors[0].Offset + 12, tensors[1].Offset);
    }

    [Fact]
    public void Shows_the_source_of_the_modules()
    {
        var checkpoint = Checkpoint.Open(FixtureFiles.PathOf("legacy-python2-module"), TestContext.Current.CancellationToken);

        Assert.StartsWith("class Linear(Module):", checkpoint.Metadata["source:torch.nn.modules.linear.Linear"], StringComparison.Ordinal);
        Assert.Equal("little", checkpoint.Metadata["machine_byteorder"]);
        Assert.Equal("1001", checkpoint.FormatVersion);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Counts_the_globals_of_all_its_pickles(bool inKeys)
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
    public void Names_what_is_dangerous_behind_the_last_storage()
    {
        using var file = MutatedFile.Of("legacy-views", bytes => [.. bytes, 0x80, 2, .. "cos\nsystem\n."u8]);

        Assert.Equal(["os.system"], file.Open().UnsafeGlobals);
    }

    [Fact]
    public void Reads_a_magic_number_of_protocol_4()
    {
        byte[] frame = [0x80, 4, 0x95, 13, 0, 0, 0, 0, 0, 0, 0];
        using var file = MutatedFile.Of("legacy-views", bytes => [.. frame, .. bytes[2..]]);

        Assert.Equal(4, file.Open().Tensors.Count);
    }

    [Fact]
    public void Reads_a_pickle_that_is_longer_than_what_is_read_ahead()
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
}

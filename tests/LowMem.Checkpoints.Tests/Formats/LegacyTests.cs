using System.Buffers.Binary;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Formats;

/// <summary>Legacy PyTorch files that are cut, changed, or rare.</summary>
public sealed class LegacyTests
{
    /// <summary>Storage 99 (3 longs) and storage 100 (10 floats), each behind its count.</summary>
    private const int StoragesLength = 8 + 40 + 8 + 24;

    private static readonly byte[] Magic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    [Theory]
    [InlineData(1)]
    [InlineData(39)]
    [InlineData(40)]
    [InlineData(StoragesLength)]
    public void Says_how_many_bytes_of_how_many_are_there(int missing)
    {
        long whole = new FileInfo(FixtureFiles.PathOf("legacy-views")).Length;
        using var file = MutatedFile.Of("legacy-views", bytes => bytes[..^missing]);

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.Truncated, error.ErrorId);
        Assert.Contains($"truncated: {whole - missing} of {whole} bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Calls_a_file_that_ends_in_its_pickles_truncated()
    {
        int pickles = (int)new FileInfo(FixtureFiles.PathOf("legacy-views")).Length - StoragesLength;
        for (int length = Magic.Length; length < pickles; length++)
        {
            using var file = MutatedFile.Of("legacy-views", bytes => bytes[..length]);
            Assert.Equal(CheckpointErrorIds.Truncated, file.Refusal().ErrorId);
        }
    }

    [Fact]
    public void Warns_of_bytes_behind_the_last_storage()
    {
        using var file = MutatedFile.Of("legacy-views", bytes => [.. bytes, 1, 2, 3]);

        var finding = Assert.Single(file.Open().Findings);

        Assert.Equal((FindingSeverity.Warning, FindingCodes.TrailingBytes), (finding.Severity, finding.Code));
        Assert.Contains("3 bytes", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_the_tensors_of_a_storage_whose_count_differs_and_lists_the_others()
    {
        using var file = MutatedFile.Of("legacy-views", bytes =>
        {
            bytes[^StoragesLength] ^= 1;
            return bytes;
        });

        var checkpoint = file.Open();

        // Keys are sorted as text: "100" comes before "99".
        Assert.Equal(
            ["whole", "of_view", "of_view_transposed"],
            checkpoint.Tensors.Where(tensor => tensor.UnreadableReason is not null).Select(tensor => tensor.Key));
        Assert.All(checkpoint.Findings, finding => Assert.Equal(FindingCodes.StorageSizeMismatch, finding.Code));
        Assert.Contains("should have 10 elements, and the file says 11", checkpoint.Findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_counts_in_the_byte_order_of_a_big_endian_machine()
    {
        using var file = MutatedFile.Of("legacy-views", bytes =>
        {
            bytes.AsSpan(bytes.Length - StoragesLength, 8).Reverse();
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
    public void Keeps_a_tensor_inside_its_view_of_a_storage()
    {
        // The view has 6 elements from 2 on; its size is the byte before the end of the tuple.
        using var file = MutatedFile.Of("legacy-views", bytes => Replace(bytes, [(byte)'K', 2, (byte)'K', 6, 0x87], [(byte)'K', 2, (byte)'K', 5, 0x87]));

        var checkpoint = file.Open();

        Assert.Equal(["of_view_transposed"], checkpoint.Findings.Select(finding => finding.Key));
        Assert.Equal(FindingCodes.TensorOutOfBounds, checkpoint.Findings[0].Code);
    }

    [Fact]
    public void Refuses_a_view_that_reaches_out_of_its_storage()
    {
        using var file = MutatedFile.Of("legacy-views", bytes => Replace(bytes, [(byte)'K', 2, (byte)'K', 6, 0x87], [(byte)'K', 2, (byte)'K', 9, 0x87]));

        var checkpoint = file.Open();

        Assert.Equal(["of_view", "of_view_transposed"], checkpoint.Findings.Select(finding => finding.Key));
        Assert.All(checkpoint.Findings, finding => Assert.Equal(FindingCodes.TensorOutOfBounds, finding.Code));
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
            [.. Magic, .. version, .. inKeys ? emptyList : danger, .. emptyList, .. inKeys ? dangerInList : emptyList]);

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
    public void Refuses_another_protocol_version()
    {
        using var file = MutatedFile.Of("legacy-views", bytes => Replace(bytes, [(byte)'M', 0xe9, 3, (byte)'.'], [(byte)'M', 0xea, 3, (byte)'.']));

        Assert.Equal(CheckpointErrorIds.Unsupported, file.Refusal().ErrorId);
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
            [.. Magic, .. version, .. none, 0x80, 2, (byte)'X', .. length, .. text, (byte)'.', .. emptyList]);

        Assert.Equal(new string('x', 200_000), file.Open().Values["(root)"]);
    }

    private static byte[] Replace(byte[] bytes, byte[] old, byte[] replacement)
    {
        int place = bytes.AsSpan().IndexOf(old);
        Assert.True(place >= 0, "the fixture does not hold what is to be replaced");
        replacement.CopyTo(bytes, place);
        return bytes;
    }
}

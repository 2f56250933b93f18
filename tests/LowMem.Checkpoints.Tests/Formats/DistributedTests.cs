using System.Text;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Formats;

/// <summary>Distributed checkpoints with files missing, cut or changed, and reading across pieces.</summary>
public sealed class DistributedTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("lowmem-test-");

    public DistributedTests()
    {
        foreach (string path in Directory.GetFiles(FixtureFiles.PathOf("dcp")))
        {
            File.Copy(path, Path.Combine(directory.FullName, Path.GetFileName(path)));
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public void Is_found_by_its_directory_and_by_its_metadata()
    {
        var byDirectory = Open();
        var byFile = Checkpoint.Open(Path.Combine(directory.FullName, ".metadata"), Token);

        Assert.Equal(byDirectory.Tensors.Select(tensor => tensor.Key), byFile.Tensors.Select(tensor => tensor.Key));
        Assert.Equal((CheckpointFormats.Distributed, "1.0.0", 2), (byDirectory.Format, byDirectory.FormatVersion, byDirectory.ShardCount));
        Assert.Equal(3, byDirectory.Files.Count);
        Assert.Empty(byDirectory.Findings);
        Assert.Empty(byDirectory.UnsafeGlobals);
        Assert.Empty(byDirectory.UnknownGlobals);
    }

    [Fact]
    public void Gives_a_place_only_to_a_tensor_that_lies_in_one_piece()
    {
        var tensors = Open().Tensors.ToDictionary(tensor => tensor.Key);

        Assert.Equal(-1, tensors["model.rows"].Offset);
        Assert.Null(tensors["model.rows"].StorageKey);
        var whole = tensors["model.whole"];
        Assert.Equal([0, 0, 0xc0, 0x3f, 0, 0, 0x20, 0xc0], File.ReadAllBytes(whole.Path).AsSpan((int)whole.Offset, 8).ToArray());
        Assert.Equal(["__0_0.distcp", "__1_0.distcp"], tensors["model.rows"].GetPaths().Select(Path.GetFileName));
        Assert.Equal(8L + (35 * 4), new[] { whole, tensors["model.rows"] }.Sum(tensor => tensor.ByteLength));
    }

    [Theory]
    [InlineData("model.columns", 2)]
    [InlineData("model.grid", 4)]
    [InlineData("model.uneven", 2)]
    public void Reads_any_part_of_a_tensor_across_its_pieces(string key, int size)
    {
        var tensor = Open().Tensors.Single(tensor => tensor.Key == key);
        using var reader = new TensorDataReader();
        var whole = new byte[tensor.ByteLength];
        reader.Read(tensor, 0, whole, Token);
        for (int start = 0; start <= whole.Length; start += size)
        {
            for (int length = 0; start + length <= whole.Length; length += size)
            {
                var part = new byte[length];
                reader.Read(tensor, start, part, Token);
                Assert.Equal(whole.AsSpan(start, length).ToArray(), part);
            }
        }
    }

    [Fact]
    public void Lists_the_other_tensors_when_a_file_is_missing()
    {
        File.Delete(Path.Combine(directory.FullName, "__1_0.distcp"));

        var checkpoint = Open();

        Assert.Equal(FindingCodes.ShardMissing, checkpoint.Findings[0].Code);
        Assert.Contains("'__1_0.distcp'", checkpoint.Findings[0].Message, StringComparison.Ordinal);
        var readable = checkpoint.Tensors.Where(tensor => tensor.UnreadableReason is null).Select(tensor => tensor.Key);
        Assert.Equal(["steps", "empty"], readable.Where(key => !key.StartsWith("net.", StringComparison.Ordinal)));
        Assert.Equal(
            ["model.rows", "model.columns", "model.grid", "model.whole", "model.uneven", "net.0.weight", "net.3.weight", "extra"],
            checkpoint.Findings.Skip(1).Select(finding => finding.Key));
        Assert.Equal([7L, 5], checkpoint.Tensors.Single(tensor => tensor.Key == "model.rows").Shape);
    }

    [Fact]
    public void Says_how_many_bytes_of_how_many_a_cut_file_has()
    {
        string path = Path.Combine(directory.FullName, "__0_0.distcp");
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..^10]);

        var finding = Open().Findings.First(finding => finding.Code == FindingCodes.FileTruncated);

        Assert.Contains($"truncated: {bytes.Length - 10} of {bytes.Length} bytes", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Warns_of_bytes_behind_the_last_piece()
    {
        File.AppendAllText(Path.Combine(directory.FullName, "__0_0.distcp"), "xyz");

        var finding = Assert.Single(Open().Findings);

        Assert.Equal((FindingSeverity.Warning, FindingCodes.TrailingBytes), (finding.Severity, finding.Code));
    }

    [Fact]
    public void Refuses_pieces_that_overlap()
    {
        // The rows of the second piece start at 4: as torch.Size, K \x04 K \x00 in the pickle, with sizes (3, 5) behind.
        ChangeMetadata([(byte)'K', 4, (byte)'K', 0, 0x86], [(byte)'K', 3, (byte)'K', 0, 0x86]);

        var checkpoint = Open();

        var finding = Assert.Single(checkpoint.Findings);
        Assert.Equal((FindingCodes.ChunkLayoutInvalid, "model.rows"), (finding.Code, finding.Key));
        Assert.Contains("[4, 5] at [0, 0] and [3, 5] at [3, 0] overlap", finding.Message, StringComparison.Ordinal);
        Assert.NotNull(checkpoint.Tensors.Single(tensor => tensor.Key == "model.rows").UnreadableReason);
    }

    [Fact]
    public void Refuses_pieces_that_leave_a_gap()
    {
        // The whole is [8, 5] now, and its pieces have 4 and 3 rows.
        ChangeMetadata([(byte)'K', 7, (byte)'K', 5, 0x86], [(byte)'K', 8, (byte)'K', 5, 0x86]);

        var finding = Open().Findings[0];

        Assert.Equal(FindingCodes.ChunkLayoutInvalid, finding.Code);
        Assert.Contains("35 of its 40 elements", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_piece_of_another_shape_than_announced()
    {
        ChangeMetadata([(byte)'K', 4, (byte)'K', 5, 0x86], [(byte)'K', 2, (byte)'K', 10, 0x86]);

        var finding = Open().Findings[0];

        Assert.Contains("model.rows", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../0_0.distcp")]
    [InlineData("/_0_0.distcp ")]
    public void Never_leaves_its_directory(string name)
    {
        ChangeMetadata("__0_0.distcp"u8.ToArray(), Encoding.ASCII.GetBytes(name.Trim().PadRight(12, 'x')[..12]));

        var finding = Open().Findings[0];

        Assert.Equal(FindingCodes.ShardMissing, finding.Code);
        Assert.Contains("is no file in the directory", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_what_is_dangerous_in_a_piece()
    {
        // A piece is a zip with a pickle in it: its call of torch._utils becomes one of something else.
        string path = Path.Combine(directory.FullName, "__0_0.distcp");
        byte[] bytes = File.ReadAllBytes(path);
        int place = bytes.AsSpan().IndexOf("ctorch._utils\n_rebuild_tensor_v2\n"u8);
        "cos\nsystem\n0"u8.CopyTo(bytes.AsSpan(place));
        File.WriteAllBytes(path, bytes);

        Assert.Equal(["os.system"], Open().UnsafeGlobals);
    }

    [Fact]
    public void Refuses_metadata_that_is_cut()
    {
        string path = Path.Combine(directory.FullName, ".metadata");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^100]);

        var error = Assert.Throws<CheckpointException>(Open);

        Assert.Equal(CheckpointErrorIds.Truncated, error.ErrorId);
    }

    [Fact]
    public void Refuses_more_pieces_than_there_are_places()
    {
        // A list of 5000 times the same two bytes: the same piece again and again.
        byte[] start = [0x80, 4, .. Global("torch.distributed.checkpoint.metadata", "Metadata"), (byte)')', 0x81, (byte)'}', (byte)'('];
        byte[] chunk = [.. Global("torch.distributed.checkpoint.metadata", "ChunkStorageMetadata"), (byte)')', 0x81, 0x94];
        byte[] properties = [.. Global("a", "b"), (byte)')', 0x81, (byte)'(', .. Global("torch", "float32"), (byte)'N', 0x89, (byte)'t', (byte)'b'];
        byte[] tensor =
        [
            .. Global("a", "c"), (byte)')', 0x81, (byte)'}', (byte)'(', .. Text("size"), (byte)')', .. Text("properties"), .. properties,
            .. Text("chunks"), (byte)']', (byte)'(', .. chunk, .. Enumerable.Repeat(new byte[] { (byte)'h', 0 }, 5000).SelectMany(pair => pair), (byte)'e',
            (byte)'u', (byte)'b',
        ];
        File.WriteAllBytes(
            Path.Combine(directory.FullName, ".metadata"),
            [
                .. start, .. Text("state_dict_metadata"), (byte)'}', .. Text("x"), .. tensor, (byte)'s',
                .. Text("storage_data"), (byte)'}', (byte)'u', (byte)'b', (byte)'.',
            ]);

        var error = Assert.Throws<CheckpointException>(Open);

        Assert.Contains("more pieces than it has places for", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Text(string text) => [0x8c, (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Global(string module, string name) => [.. Text(module), .. Text(name), 0x93];

    private Checkpoint Open() => Checkpoint.Open(directory.FullName, Token);

    private void ChangeMetadata(byte[] old, byte[] replacement)
    {
        string path = Path.Combine(directory.FullName, ".metadata");
        byte[] bytes = File.ReadAllBytes(path);
        int place = bytes.AsSpan().IndexOf(old);
        Assert.True(place >= 0 && old.Length == replacement.Length, "the fixture does not hold what is to be replaced");
        replacement.CopyTo(bytes, place);
        File.WriteAllBytes(path, bytes);
    }
}

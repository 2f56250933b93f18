using System.Text;
using LowMem.Checkpoints.Tests.Fixtures;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Distributed;

/// <summary>Distributed checkpoints with files missing, cut or changed.</summary>
public sealed class InvalidInputTests : IDisposable
{
    private readonly FixtureCopy copy = new("dcp");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => copy.Dispose();

    [Fact]
    public void Lists_the_other_tensors_when_a_file_is_missing()
    {
        File.Delete(Path.Combine(copy.Path, "__1_0.distcp"));

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
        string path = Path.Combine(copy.Path, "__0_0.distcp");
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..^10]);

        var finding = Open().Findings.First(finding => finding.Code == FindingCodes.FileTruncated);

        Assert.Contains($"truncated: {bytes.Length - 10} of {bytes.Length} bytes", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Warns_of_bytes_behind_the_last_piece()
    {
        File.AppendAllText(Path.Combine(copy.Path, "__0_0.distcp"), "xyz");

        var finding = Assert.Single(Open().Findings);

        Assert.Equal((FindingSeverity.Warning, FindingCodes.TrailingBytes), (finding.Severity, finding.Code));
    }

    [Fact]
    public void Refuses_pieces_that_overlap()
    {
        // The rows of the second piece start at 4: as torch.Size, K \x04 K \x00 in the pickle, with sizes (3, 5) behind.
        copy.Change(".metadata", [(byte)'K', 4, (byte)'K', 0, 0x86], [(byte)'K', 3, (byte)'K', 0, 0x86]);

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
        copy.Change(".metadata", [(byte)'K', 7, (byte)'K', 5, 0x86], [(byte)'K', 8, (byte)'K', 5, 0x86]);

        var finding = Open().Findings[0];

        Assert.Equal(FindingCodes.ChunkLayoutInvalid, finding.Code);
        Assert.Contains("35 of its 40 elements", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_piece_of_another_shape_than_announced()
    {
        copy.Change(".metadata", [(byte)'K', 4, (byte)'K', 5, 0x86], [(byte)'K', 2, (byte)'K', 10, 0x86]);

        var finding = Open().Findings[0];

        Assert.Contains("model.rows", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../0_0.distcp")]
    [InlineData("/_0_0.distcp ")]
    public void Never_leaves_its_directory(string name)
    {
        copy.Change(".metadata", "__0_0.distcp"u8.ToArray(), Encoding.ASCII.GetBytes(name.Trim().PadRight(12, 'x')[..12]));

        var finding = Open().Findings[0];

        Assert.Equal(FindingCodes.ShardMissing, finding.Code);
        Assert.Contains("is no file in the directory", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_what_is_dangerous_in_a_piece()
    {
        // A piece is a zip with a pickle in it: its call of torch._utils becomes one of something else.
        string path = Path.Combine(copy.Path, "__0_0.distcp");
        byte[] bytes = File.ReadAllBytes(path);
        int place = bytes.AsSpan().IndexOf("ctorch._utils\n_rebuild_tensor_v2\n"u8);
        "cos\nsystem\n0"u8.CopyTo(bytes.AsSpan(place));
        File.WriteAllBytes(path, bytes);

        Assert.Equal(["os.system"], Open().UnsafeGlobals);
    }

    [Fact]
    public void Refuses_metadata_that_is_cut()
    {
        string path = Path.Combine(copy.Path, ".metadata");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^100]);

        var error = Assert.Throws<CheckpointException>(Open);

        Assert.Equal(CheckpointErrorIds.Truncated, error.ErrorId);
    }

    [Fact]
    public void Refuses_more_pieces_than_there_are_places()
    {
        // A list of 5000 times the same two bytes: the same piece again and again.
        byte[] start = [0x80, 4, .. StackGlobal("torch.distributed.checkpoint.metadata", "Metadata"), (byte)')', 0x81, (byte)'}', (byte)'('];
        byte[] chunk = [.. StackGlobal("torch.distributed.checkpoint.metadata", "ChunkStorageMetadata"), (byte)')', 0x81, 0x94];
        byte[] properties = [.. StackGlobal("a", "b"), (byte)')', 0x81, (byte)'(', .. StackGlobal("torch", "float32"), (byte)'N', 0x89, (byte)'t', (byte)'b'];
        byte[] tensor =
        [
            .. StackGlobal("a", "c"), (byte)')', 0x81, (byte)'}', (byte)'(', .. Text("size"), (byte)')', .. Text("properties"), .. properties,
            .. Text("chunks"), (byte)']', (byte)'(', .. chunk, .. Enumerable.Repeat(new byte[] { (byte)'h', 0 }, 5000).SelectMany(pair => pair), (byte)'e',
            (byte)'u', (byte)'b',
        ];
        File.WriteAllBytes(
            Path.Combine(copy.Path, ".metadata"),
            [
                .. start, .. Text("state_dict_metadata"), (byte)'}', .. Text("x"), .. tensor, (byte)'s',
                .. Text("storage_data"), (byte)'}', (byte)'u', (byte)'b', (byte)'.',
            ]);

        var error = Assert.Throws<CheckpointException>(Open);

        Assert.Contains("more pieces than it has places for", error.Message, StringComparison.Ordinal);
    }

    private Checkpoint Open() => Checkpoint.Open(copy.Path, Token);
}

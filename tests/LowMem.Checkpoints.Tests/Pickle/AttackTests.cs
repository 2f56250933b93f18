using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Pickle;

/// <summary>Pickles of at most 1 MiB that are made to cost much. Each is refused, or costs no more than it may.</summary>
public sealed class AttackTests
{
    private const int Budget = (1 << 20) - 1024;

    private static readonly byte[] Stop = [(byte)'.'];
    private static readonly byte[] Empty = [];

    private static readonly byte[] Storage =
    [
        (byte)'(', .. Text("storage"), .. Global("torch", "FloatStorage"), .. Text("0"), .. Text("cpu"), (byte)'K', 1, (byte)'t', (byte)'Q',
    ];

    /// <summary>Name, pickle, and what the error says; nothing when the file lists.</summary>
    private static readonly Dictionary<string, (Func<byte[]> Pickle, string? Message)> Attacks = new()
    {
        // Nodes of one byte.
        ["empty lists"] = (() => Fill([], [(byte)']'], Stop), null),
        ["empty dicts in a list"] = (() => Fill([(byte)'('], [(byte)'}'], [(byte)'l', .. Stop]), null),
        ["a list of None"] = (() => Fill([(byte)'('], [(byte)'N'], [(byte)'l', .. Stop]), null),
        ["a list of None under a long name"] = (
            () => Fill([(byte)'}', .. Text(new string('k', 2000)), (byte)'('], [(byte)'N'], [(byte)'l', (byte)'s', .. Stop]), "over and over"),
        ["marks"] = (() => Fill([], [(byte)'('], Stop), "more than is on the stack"),
        ["one thing many times"] = (() => Fill([.. Text("x")], [(byte)'2'], Stop), null),

        // Depth.
        ["lists in lists"] = (() => [.. Repeat([(byte)']'], Budget / 2), .. Repeat([(byte)'a'], (Budget / 2) - 1), .. Stop], "deeper than 512"),
        ["tuples in tuples"] = (() => Fill([(byte)'N'], [0x85], Stop), "deeper than 512"),
        ["calls of calls"] = (() => Fill([.. Global("a", "b")], [(byte)')', (byte)'R'], Stop), null),
        ["tensors in wrappers"] = (
            () => Wrap(Global("torch._utils", "_rebuild_device_tensor_from_cpu_tensor"), 50_000, [(byte)'N', (byte)'N', 0x89, (byte)'t', (byte)'R']), null),
        ["numpy scalars in numpy scalars"] = (
            () => [.. Memo(Global("numpy.core.multiarray", "scalar"), 0), .. Memo([.. Global("numpy", "dtype"), .. Text("f8"), 0x85, (byte)'R'], 1),
                .. Repeat([(byte)'h', 0, (byte)'h', 1], 50_000), (byte)'N', .. Repeat([0x86, (byte)'R'], 50_000), .. Stop], "deeper than 512"),

        // What is shared, and unfolds.
        ["a billion laughs"] = (() => Laughs(60), "over and over"),
        ["a billion laughs without a bottom"] = (() => Laughs(400), "over and over"),
        ["a list in itself"] = (() => [(byte)']', (byte)'q', 0, (byte)'h', 0, (byte)'a', .. Stop], null),
        ["bytes made of one text many times"] = (
            () => Fill([.. Memo([.. Global("_codecs", "encode"), .. Text(new string('x', 200_000)), .. Text("latin1"), 0x86], 1), .. Memo(Global("_codecs", "encode"), 0), (byte)'('],
                [(byte)'h', 0, (byte)'h', 1, (byte)'R'], [(byte)'l', .. Stop]), "over and over"),
        ["paths made of one tuple many times"] = (
            () => Fill([.. Memo([(byte)'(', .. Repeat(Text("x"), 30_000), (byte)'t'], 1), .. Memo(Global("pathlib", "PosixPath"), 0), (byte)'('],
                [(byte)'h', 0, (byte)'h', 1, (byte)'R'], [(byte)'l', .. Stop]), "over and over"),
        ["modules that share their dicts"] = (
            () => Fill([.. Memo([(byte)'}', .. Text("_parameters"), (byte)'}', (byte)'(', .. Repeat([(byte)'K', 1, (byte)'N'], 60_000), (byte)'u', (byte)'s', .. Text("_modules"), (byte)'}', (byte)'s'], 1), .. Memo(Global("a", "Net"), 0), (byte)'('],
                [(byte)'h', 0, (byte)')', 0x81, (byte)'h', 1, (byte)'b'], [(byte)'l', .. Stop]), "over and over"),
        ["objects that share a large state"] = (
            () => Fill([.. Memo([(byte)'}', (byte)'(', .. Repeat([(byte)'K', 1, (byte)'N'], 60_000), (byte)'u'], 1), .. Memo(Global("a", "Thing"), 0), (byte)'('],
                [(byte)'h', 0, (byte)')', 0x81, (byte)'h', 1, (byte)'b'], [(byte)'l', .. Stop]), "over and over"),
        ["tensors that share a shape of many dimensions"] = (
            () => Tensors([(byte)'(', .. Repeat([(byte)'K', 1], 100_000), (byte)'t']), null),
        ["tensors that share a storage with a long name"] = (
            () => Fill([.. Memo([(byte)'(', .. Text("storage"), .. Global("torch", "FloatStorage"), .. Text(new string('9', 300_000)), .. Text("cpu"), (byte)'K', 1, (byte)'t', (byte)'Q'], 1),
                .. Memo(Global("torch._utils", "_rebuild_tensor"), 0), (byte)'('], [(byte)'h', 0, (byte)'(', (byte)'h', 1, (byte)'K', 0, (byte)')', (byte)')', (byte)'t', (byte)'R'], [(byte)'l', .. Stop]), null),
        ["long integers as keys"] = (
            () => Fill([.. Memo([0x8b, .. UInt32(8000), .. Repeat([0x7f], 8000)], 0), (byte)'}', (byte)'('], [(byte)'h', 0, (byte)'N'], [(byte)'u', .. Stop]), null),

        // Length fields.
        ["a text of four gigabytes"] = (() => [(byte)'X', 0xff, 0xff, 0xff, 0xff, .. Stop], "4294967295 bytes are announced"),
        ["a text of more bytes than there are numbers"] = (() => [0x8d, .. Repeat([0xff], 8), .. Stop], "18446744073709551615 bytes are announced"),
        ["bytes of half of all memory"] = (() => [0x8e, .. Repeat([0xff], 7), 0x7f, .. Stop], "9223372036854775807 bytes are announced"),
        ["a negative length"] = (() => [0x8b, 0xff, 0xff, 0xff, 0xff, .. Stop], "a length is negative"),
        ["an integer of a megabyte"] = (() => Fill([0x8b, .. UInt32(Budget - 100)], [1], Stop), "an integer of"),
        ["a number of a million digits"] = (() => Fill([(byte)'L'], [(byte)'9'], [(byte)'\n', .. Stop]), "digits is more than"),
        ["many numbers of many digits"] = (() => Fill([(byte)'('], [(byte)'L', .. Repeat([(byte)'9'], 4000), (byte)'L', (byte)'\n'], [(byte)'l', .. Stop]), null),

        // The memo.
        ["a memo with holes"] = (() => [(byte)'N', .. Enumerable.Range(0, 150_000).SelectMany(i => (byte[])[(byte)'r', .. UInt32((i * 7919) + 5)]), .. Stop], null),
        ["an index with a million digits"] = (() => Fill([(byte)'N', (byte)'p'], [(byte)'9'], [(byte)'\n', .. Stop]), "is not a memo index"),

        // The search for hidden pickles.
        ["starts of pickles in bytes"] = (() => [(byte)'B', .. UInt32(Budget - 100), .. Repeat([0x80, 2], (Budget - 100) / 2), .. Stop], null),
        ["starts of pickles behind the pickle"] = (() => Fill([(byte)'N', .. Stop], [0x80, 2], Empty), null),
        ["globals in text in bytes"] = (() => [(byte)'B', .. UInt32(Budget / 10 * 10), .. Repeat(Ascii("cos\nab\nxy\n"), Budget / 10), .. Stop], null),
        ["pickles in pickles"] = (() => Nest(2000), null),
        ["different dangerous names"] = (() => [.. Enumerable.Range(0, 60_000).SelectMany(i => Ascii($"cos\nx{i}\n0")), (byte)'N', .. Stop], null),
        ["a name full of dots"] = (() => [(byte)'c', .. Ascii("os\n"), .. Repeat(Ascii("os."), 300_000), (byte)'\n', .. Stop], null),
        ["names full of dots"] = (() => [.. Enumerable.Range(0, 900).SelectMany(i => Ascii($"c{string.Concat(Enumerable.Repeat("a.", 500))}{i}\nx\n0")), (byte)'N', .. Stop], null),
    };

    public static TheoryData<string> Names => [.. Attacks.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void CostsNoMoreThanItMay(string name)
    {
        var (pickle, message) = Attacks[name];

        var (checkpoint, error) = Cost.Open(ZipBytes.PyTorch(pickle()).Add("archive/data/0", new byte[4]).Build());

        if (message is null)
        {
            Assert.Null(error);
            Assert.NotNull(checkpoint);
        }
        else
        {
            Assert.Contains(message, error?.Message ?? "no error", StringComparison.Ordinal);
            Assert.Equal(CheckpointErrorIds.FormatInvalid, error!.ErrorId);
        }
    }

    [Fact]
    public void SaysWhenNotAllHiddenPicklesWereRead()
    {
        var (checkpoint, _) = Cost.Open(ZipBytes.PyTorch(Nest(2000)).Build());

        Assert.Contains(checkpoint!.Findings, finding => finding is { Code: FindingCodes.HiddenPickles, Severity: FindingSeverity.Error });
    }

    [Fact]
    public void ATensorInsideTooManyWrappersIsListedAsInvalid()
    {
        byte[] pickle = Wrap(Global("torch._utils", "_rebuild_parameter"), 1000, [0x89, (byte)'N', (byte)'t', (byte)'R']);

        var (checkpoint, _) = Cost.Open(ZipBytes.PyTorch(pickle).Build());

        Assert.Contains("wrapped more than", Assert.Single(checkpoint!.Tensors).UnreadableReason, StringComparison.Ordinal);
    }

    /// <summary>As many repetitions as fit.</summary>
    private static byte[] Fill(byte[] before, byte[] part, byte[] after) =>
        [.. before, .. Repeat(part, (Budget - before.Length - after.Length) / part.Length), .. after];

    /// <summary>Pushes something, keeps it in the memo, and takes it off again.</summary>
    private static byte[] Memo(byte[] push, byte index) => [.. push, (byte)'q', index, (byte)'0'];

    /// <summary>f((f((... N ..., rest)), rest)).</summary>
    private static byte[] Wrap(byte[] function, int depth, byte[] rest) =>
        [.. Memo(function, 0), .. Repeat([(byte)'h', 0, (byte)'('], depth), (byte)'N', .. Repeat(rest, depth), .. Stop];

    /// <summary>Lists of two of the list before.</summary>
    private static byte[] Laughs(int levels) =>
        [(byte)']', (byte)'q', 0, .. Enumerable.Range(0, levels).SelectMany(i => (byte[])[(byte)'(', (byte)'h', (byte)(i % 256), (byte)'h', (byte)(i % 256), (byte)'l', (byte)'q', (byte)((i + 1) % 256)]), .. Stop];

    private static byte[] Nest(int depth)
    {
        byte[] pickle = [.. Proto(3), (byte)'N', .. Stop];
        for (int i = 0; i < depth && pickle.Length < Budget - 16; i++)
        {
            pickle = [.. Proto(3), .. Bytes(pickle), .. Stop];
        }

        return pickle;
    }

    private static byte[] Tensors(byte[] shape) =>
        Fill([.. Memo(shape, 1), .. Memo(Global("torch._utils", "_rebuild_tensor"), 0), .. Memo(Storage, 2), (byte)'('],
            [(byte)'h', 0, (byte)'(', (byte)'h', 2, (byte)'K', 0, (byte)'h', 1, (byte)'h', 1, (byte)'t', (byte)'R'], [(byte)'l', .. Stop]);
}

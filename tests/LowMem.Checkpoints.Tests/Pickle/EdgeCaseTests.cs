using System.Numerics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Formats;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Pickle;

/// <summary>What is legal and seldom: the odd ends of every opcode.</summary>
public sealed class EdgeCaseTests
{
    private static readonly Dictionary<string, (byte[] Push, object? Value)> Leaves = new()
    {
        ["INT false"] = (Ascii("I00\n"), false),
        ["INT true"] = (Ascii("I01\n"), true),
        ["INT"] = (Ascii("I-5\n"), -5L),
        ["LONG"] = (Ascii("L12345678901234567890L\n"), BigInteger.Parse("12345678901234567890", null)),
        ["LONG without its letter"] = (Ascii("L7\n"), 7L),
        ["LONG1 of no bytes"] = ([0x8a, 0], 0L),
        ["LONG1 of the least long"] = ([0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x80], long.MinValue),
        ["LONG1 one above the greatest long"] = ([0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0x80, 0], (BigInteger)long.MaxValue + 1),
        ["LONG4"] = ([0x8b, 1, 0, 0, 0, 0xff], -1L),
        ["BININT"] = ([(byte)'J', 0xff, 0xff, 0xff, 0xff], -1L),
        ["BININT2"] = ([(byte)'M', 0xff, 0xff], 65535L),
        ["FLOAT"] = (Ascii("F-1.5e3\n"), -1500.0),
        ["FLOAT inf"] = (Ascii("F-inf\n"), double.NegativeInfinity),
        ["BINFLOAT"] = ([(byte)'G', 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], 1.5),
        ["STRING"] = (Ascii("S'a\\n\\x41\\\\'\n"), "a\nA\\"),
        ["STRING in double quotes"] = (Ascii("S\"it's\"\n"), "it's"),
        ["STRING that is no text"] = (Ascii("S'\\xff'\n"), new byte[] { 0xff }),
        ["SHORT_BINSTRING that is text"] = ([(byte)'U', 2, 0xc3, 0xa9], "é"),
        ["SHORT_BINSTRING that is none"] = ([(byte)'U', 1, 0xe9], new byte[] { 0xe9 }),
        ["UNICODE"] = (Ascii("V\\u00e9\\U0001f525\n"), "é🔥"),
        ["UNICODE with a backslash that begins no escape"] = (Ascii("V\\q\\\\u0041\\\n"), "\\q\\\\u0041\\"),
        ["INT of other bases"] = (Ascii("I-0x1f\n"), -31L),
        ["INT with underscores and blanks"] = (Ascii("I 1_000 \r\n"), 1000L),
        ["INT that is 1 and no boolean"] = (Ascii("I1\n"), 1L),
        ["LONG in octal"] = (Ascii("L0o17L\n"), 15L),
        ["LONG of zeros"] = (Ascii("L000L\n"), 0L),
        ["FLOAT with a point alone behind it"] = (Ascii("F5.\n"), 5.0),
        ["FLOAT infinity in capitals"] = (Ascii("F+INFINITY\n"), double.PositiveInfinity),
        ["FLOAT nan"] = (Ascii("F-NaN\n"), double.NaN),
        ["STRING with octal escapes"] = (Ascii("S'\\101\\1\\0018'\n"), "A\u0001\u00018"),
        ["STRING with what is no escape"] = (Ascii("S'\\q\\'\\\"'\n"), "\\q'\""),
        ["STRING with a carriage return"] = (Ascii("S'a\rb'\n"), "a\rb"),
        ["UNICODE in Latin-1"] = ([(byte)'V', 0xe9, (byte)'\r', (byte)'\n'], "\u00e9\r"),
        ["UNICODE with half a surrogate pair"] = (Ascii("V\\ud83d.\n"), "\ud83d."),
        ["BINUNICODE with half a surrogate pair"] = ([0x8c, 4, 0xed, 0xb2, 0x80, (byte)'x'], "\udc80x"),
        ["APPENDS of nothing to a number"] = (Ascii("K\u0007(e"), 7L),
        ["SETITEMS of nothing on a number"] = (Ascii("K\u0007(u"), 7L),
        ["ADDITEMS of nothing to a number"] = ([(byte)'K', 7, (byte)'(', 0x90], 7L),
        ["BUILD of None on a number"] = (Ascii("K\u0007Nb"), 7L),
        ["BUILD of an empty state on a number"] = ([.. Ascii("K\u0007N}"), 0x86, (byte)'b'], 7L),
        ["GET and PUT with blanks and signs"] = (Ascii("K\u0003p +0_1 \n0g01\n"), 3L),
        ["STOP on a stack of more"] = (Ascii("NN]K\u0007"), 7L),
        ["SHORT_BINUNICODE of nothing"] = ([0x8c, 0], string.Empty),
        ["BINUNICODE8"] = ([0x8d, 1, 0, 0, 0, 0, 0, 0, 0, (byte)'x'], "x"),
        ["BYTEARRAY8"] = ([0x96, 1, 0, 0, 0, 0, 0, 0, 0, 7], new byte[] { 7 }),
        ["DUP and POP"] = ([(byte)'K', 9, (byte)'2', (byte)'0'], 9L),
        ["POP of a MARK"] = ([(byte)'K', 9, (byte)'(', (byte)'0'], 9L),
        ["POP_MARK"] = ([(byte)'K', 9, (byte)'(', (byte)'N', (byte)'N', (byte)'1'], 9L),
        ["a memo that is set twice"] = ([(byte)'K', 1, (byte)'q', 0, (byte)'K', 2, (byte)'q', 0, (byte)'0', (byte)'0', (byte)'h', 0], 2L),
        ["PUT, GET, and an index far up"] = ([.. Ascii("K\u0003p70000\n0"), .. Ascii("g70000\n")], 3L),
        ["LONG_BINPUT and LONG_BINGET"] = ([(byte)'K', 4, (byte)'r', 1, 2, 3, 0, (byte)'0', (byte)'j', 1, 2, 3, 0], 4L),
        ["MEMOIZE"] = ([(byte)'K', 5, 0x94, (byte)'0', (byte)'h', 0], 5L),
        ["READONLY_BUFFER"] = ([(byte)'C', 1, 8, 0x98], new byte[] { 8 }),
    };

    public static TheoryData<string> Names => [.. Leaves.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void IsReadAsCPythonReadsIt(string name)
    {
        var (push, value) = Leaves[name];

        Assert.Equal(value, Assert.Single(Open([.. push, (byte)'.']).Values).Value);
    }

    [Fact]
    public void TheLastOfTwoEqualKeysCounts()
    {
        byte[] pickle = [(byte)'}', .. Text("k"), (byte)'K', 1, (byte)'s', .. Text("k"), (byte)'K', 2, (byte)'s', (byte)'.'];
        Assert.Equal(2L, Open(pickle).Values["k"]);
    }

    [Fact]
    public void AnEmptyContainerLeavesNoTrace() =>
        Assert.Empty(Open([(byte)'}', (byte)'.']).Values);

    [Fact]
    public void AListThatHoldsItselfIsWalkedOnce()
    {
        byte[] pickle = [(byte)']', (byte)'q', 0, (byte)'K', 1, (byte)'a', (byte)'h', 0, (byte)'a', (byte)'.'];
        Assert.Equal(["0"], Open(pickle).Values.Keys);
    }

    [Fact]
    public void FiveHundredLevelsAreListed()
    {
        byte[] pickle = [.. Repeat([(byte)']'], 500), (byte)'K', 7, .. Repeat([(byte)'a'], 500), (byte)'.'];
        Assert.Equal(7L, Assert.Single(Open(pickle).Values).Value);
    }

    private static Checkpoint Open(byte[] pickle)
    {
        using var file = MutatedFile.With(ZipBytes.PyTorch(pickle).Build());
        return file.Open();
    }
}

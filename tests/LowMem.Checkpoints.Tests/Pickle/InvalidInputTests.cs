using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Formats;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Pickle;

/// <summary>Pickles that break the rules: one clear error each, with the place.</summary>
public sealed class InvalidInputTests
{
    private static readonly Dictionary<string, (byte[] Pickle, string Message)> Inputs = new()
    {
        ["no bytes"] = ([], "ends without a STOP"),
        ["no STOP"] = ([(byte)'N'], "ends without a STOP"),
        ["STOP on an empty stack"] = ([(byte)'.'], "more than is on the stack"),
        ["an opcode that there is not"] = ([0xff], "0xff is not a pickle opcode"),
        ["a protocol that there is not"] = ([0x80, 6, (byte)'N', (byte)'.'], "protocol 6 is newer"),
        ["APPEND to a number"] = ([(byte)'K', 1, (byte)'K', 2, (byte)'a', (byte)'.'], "no list"),
        ["APPEND to a tuple"] = ([(byte)')', (byte)'N', (byte)'a', (byte)'.'], "no list"),
        ["SETITEM on a list"] = ([(byte)']', (byte)'N', (byte)'N', (byte)'s', (byte)'.'], "no dict"),
        ["SETITEMS with a key and no value"] = ([(byte)'}', (byte)'(', (byte)'N', (byte)'u', (byte)'.'], "a key has no value"),
        ["DICT with a key and no value"] = ([(byte)'(', (byte)'N', (byte)'d', (byte)'.'], "a key has no value"),
        ["BUILD on a list"] = ([(byte)']', (byte)'}', (byte)'b', (byte)'.'], "BUILD needs an object"),
        ["TUPLE without a MARK"] = ([(byte)'N', (byte)'t', (byte)'.'], "needs a MARK"),
        ["OBJ without a class"] = ([(byte)'(', (byte)'o', (byte)'.'], "OBJ needs a class"),
        ["a pop below a MARK"] = ([(byte)'N', (byte)'(', 0x85, (byte)'.'], "more than is on the stack"),
        ["a memo index that was never set"] = ([(byte)'h', 3, (byte)'.'], "memo index 3 was never set"),
        ["a negative memo index"] = (Ascii("Ng-1\n."), "is not a memo index"),
        ["an integer of letters"] = (Ascii("Iabc\n."), "'abc' is not an integer"),
        ["a float of letters"] = (Ascii("Fabc\n."), "'abc' is not a number"),
        ["a string without quotes"] = (Ascii("Sabc\n."), "is not in quotes"),
        ["a boolean to some"] = (Ascii("I+1\n."), "is a boolean to one version"),
        ["an octal number of old"] = (Ascii("I010\n."), "'010' is not an integer"),
        ["an integer with a NUL"] = (Ascii("I12\0\n."), "is not an integer"),
        ["two letters L"] = (Ascii("L12LL\n."), "'12L' is not an integer"),
        ["underscores side by side"] = (Ascii("L1__2L\n."), "is not an integer"),
        ["no integer at all"] = (Ascii("I\n."), "is not an integer"),
        ["a float with a blank"] = (Ascii("F1.5 \n."), "is not a number"),
        ["a float with an underscore"] = (Ascii("F1_0.5\n."), "is not a number"),
        ["a float too large"] = (Ascii("F1e999\n."), "is not a number"),
        ["a float with a NUL"] = (Ascii("F1.5\0\n."), "is not a number"),
        ["a memo index with a NUL"] = (Ascii("Np1\0\n."), "is not a memo index"),
        ["a string with a blank behind it"] = (Ascii("S'a' \n."), "is not in quotes"),
        ["a string with half an escape"] = (Ascii("S'a\\x4'\n."), "an escape that is cut short"),
        ["a string that ends in a backslash"] = (Ascii("S'a\\'\n."), "an escape that is cut short"),
        ["a text with half an escape"] = (Ascii("V\\u12\n."), "an escape that is no character"),
        ["a text beyond Unicode"] = (Ascii("V\\U00110000\n."), "an escape that is no character"),
        ["a text with two halves of a character"] = (Ascii("V\\ud83d\\ude00\n."), "an escape that is no character"),
        ["a text that is not UTF-8"] = ([0x8c, 2, (byte)'a', 0xff, (byte)'.'], "a text is not valid UTF-8"),
        ["a text with an overlong character"] = ([0x8c, 2, 0xc0, 0x80, (byte)'.'], "a text is not valid UTF-8"),
        ["a text with two halves in bytes"] = ([0x8c, 6, 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80, (byte)'.'], "a text is not valid UTF-8"),
        ["a global that is not UTF-8"] = ([.. Ascii("cos"), 0xff, .. Ascii("\nsystem\n.")], "not valid UTF-8"),
        ["a global without a name"] = (Ascii("cos\n\n."), "the name of a global is empty"),
        ["INST beyond ASCII"] = ([(byte)'(', (byte)'i', 0xc3, 0xa9, .. Ascii("\nx\n.")], "not ASCII"),
        ["INST without a MARK"] = (Ascii("ios\nsystem\n."), "needs a MARK"),
        ["PERSID beyond ASCII"] = ([(byte)'P', 0xc3, 0xa9, .. Ascii("\n.")], "not ASCII"),
        ["STACK_GLOBAL of a number"] = ([(byte)'K', 1, .. Text("system"), 0x93, (byte)'.'], "needs two texts"),
        ["an extension below the first"] = ([0x82, 0, (byte)'.'], "extension 0 is below the first"),
        ["a negative extension"] = ([0x84, 255, 255, 255, 255, (byte)'.'], "extension -1 is below the first"),
        ["READONLY_BUFFER of a text"] = ([.. Text("x"), 0x98, (byte)'.'], "READONLY_BUFFER needs bytes"),
        ["APPEND to a set"] = ([0x8f, (byte)'N', (byte)'a', (byte)'.'], "no list"),
        ["ADDITEMS to a list"] = ([(byte)']', (byte)'(', (byte)'N', 0x90, (byte)'.'], "no set"),
        ["a line without an end"] = (Ascii("cos"), "ends inside a line"),
        ["half a number"] = ([(byte)'J', 1, 2], "4 bytes are announced but only 2 are left"),
        ["a text longer than the pickle"] = ([(byte)'X', 5, 0, 0, 0, (byte)'a'], "5 bytes are announced but only 1 are left"),
    };

    public static TheoryData<string> Names => [.. Inputs.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void IsRefusedWithTheReason(string name)
    {
        var (pickle, message) = Inputs[name];
        using var file = MutatedFile.With(ZipBytes.PyTorch(pickle).Build());

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Equal("data.pkl", error.Record);
        Assert.NotNull(error.Offset);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("byte ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DataOutsideThePickleIsUnsupported()
    {
        using var file = MutatedFile.With(ZipBytes.PyTorch([.. Proto(5), 0x97, (byte)'.']).Build());

        Assert.Equal(CheckpointErrorIds.Unsupported, file.Refusal().ErrorId);
    }
}

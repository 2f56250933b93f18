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

using System.Text;
using LowMem.Checkpoints.Formats.Safetensors;
using LowMem.Checkpoints.Formats.Writing;

namespace LowMem.Checkpoints.Tests.Formats.Safetensors;

/// <summary>Headers as the reference implementation writes them.</summary>
public sealed class SafetensorsLayoutTests
{
    [Fact]
    public void TensorsAreSortedByTypeAndName()
    {
        var layout = Layout(
            [("b", "float32", [2]), ("a", "float32", []), ("i", "int64", [1]), ("h", "bfloat16", [3]), ("f", "float16", [1]), ("t", "bool", [0, 4]), ("d", "float64", [1]), ("u", "uint8", [1])],
            []);

        Assert.Equal(
            """
            {"i":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"d":{"dtype":"F64","shape":[1],"data_offsets":[8,16]},"a":{"dtype":"F32","shape":[],"data_offsets":[16,20]},"b":{"dtype":"F32","shape":[2],"data_offsets":[20,28]},"h":{"dtype":"BF16","shape":[3],"data_offsets":[28,34]},"f":{"dtype":"F16","shape":[1],"data_offsets":[34,36]},"u":{"dtype":"U8","shape":[1],"data_offsets":[36,37]},"t":{"dtype":"BOOL","shape":[0,4],"data_offsets":[37,37]}}
            """,
            HeaderOf(layout).TrimEnd(' '));
        Assert.Equal(8 + layout.HeaderLength + 37, layout.Length);
        Assert.Equal(8 + layout.HeaderLength + 20, layout.GetOffset(0));
    }

    [Fact]
    public void NamesAreSortedByTheirBytes()
    {
        // In UTF-16 the second would come first.
        var layout = Layout([("\U0001F600", "uint8", [1]), ("\uFF5E", "uint8", [1])], []);
        Assert.True(layout.GetOffset(1) < layout.GetOffset(0));
    }

    [Fact]
    public void TheHeaderEndsAtAMultipleOfEight()
    {
        for (int length = 1; length < 20; length++)
        {
            var layout = Layout([(new string('k', length), "uint8", [1])], []);
            Assert.Equal(0, layout.HeaderLength % 8);
            Assert.InRange(HeaderOf(layout).Length - HeaderOf(layout).TrimEnd(' ').Length, 0, 7);
        }
    }

    [Fact]
    public void OnlyWhatMustBeIsEscaped()
    {
        string text = HeaderOf(Layout([("a\"\\/\n\u0001é<", "uint8", [1])], new() { ["z"] = "\t", ["format"] = "pt" }));
        Assert.StartsWith("""{"__metadata__":{"format":"pt","z":"\t"},"a\"\\/\n\u0001é<":{"dtype":"U8",""", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ThereMayBeNoTensors() => Assert.Equal("{}      ", HeaderOf(Layout([], [])));

    private static SafetensorsLayout Layout((string Key, string Type, long[] Shape)[] tensors, Dictionary<string, string> metadata) => new(
        [.. tensors.Select((tensor, i) => new WrittenTensor(tensor.Key, DType.Get(tensor.Type), tensor.Shape, [], i, 0, RequiresGrad: false))], metadata);

    private static string HeaderOf(SafetensorsLayout layout)
    {
        var (offset, bytes) = Assert.Single(layout.GetFixedParts());
        Assert.Equal(0, offset);
        Assert.Equal(layout.HeaderLength, BitConverter.ToInt64(bytes.Span));
        return Encoding.UTF8.GetString(bytes.Span[8..]);
    }
}

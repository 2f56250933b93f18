using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Formats.Safetensors;

/// <summary>Headers with a field that is wrong, missing or of another type: one clear error each.</summary>
public sealed class InvalidInputTests
{
    [Theory]
    [InlineData("""{"a":1}""", "tensor 'a' should be a JSON StartObject")]
    [InlineData("""{"a":[]}""", "tensor 'a' should be a JSON StartObject")]
    [InlineData("""{"a":null}""", "tensor 'a' should be a JSON StartObject")]
    [InlineData("""{"a":{}}""", "tensor 'a' needs dtype, shape and two data_offsets")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,4]}}""", "tensor 'a' needs dtype, shape and two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", "tensor 'a' needs dtype, shape and two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", "tensor 'a' needs dtype, shape and two data_offsets")]
    [InlineData("""{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}""", "the dtype of 'a' should be a JSON String")]
    [InlineData("""{"a":{"dtype":null,"shape":[1],"data_offsets":[0,4]}}""", "the dtype of 'a' should be a JSON String")]
    [InlineData("""{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}""", "tensor 'a' has the unknown dtype 'f32'")]
    [InlineData("""{"a":{"dtype":"","shape":[1],"data_offsets":[0,4]}}""", "tensor 'a' has the unknown dtype ''")]
    [InlineData("""{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", "the shape of 'a' should be a JSON StartArray")]
    [InlineData("""{"a":{"dtype":"F32","shape":"1","data_offsets":[0,4]}}""", "the shape of 'a' should be a JSON StartArray")]
    [InlineData("""{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", "the shape of 'a' is no list of numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}""", "the shape of 'a' is no list of numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[true],"data_offsets":[0,4]}}""", "the shape of 'a' is no list of numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", "the shape of 'a' holds something that is no count from 0 up")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "the shape of 'a' holds something that is no count from 0 up")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":4}}""", "the data_offsets of 'a' should be a JSON StartArray")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", "tensor 'a' needs dtype, shape and two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}""", "tensor 'a' needs dtype, shape and two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,"4"]}}""", "the data_offsets of 'a' is no list of numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}""", "tensor 'a' has the field 'shape' twice")]
    [InlineData("""{"a":{"dtype":"F32","dtype":null,"shape":[1],"data_offsets":[0,4]}}""", "tensor 'a' has the field 'dtype' twice")]
    [InlineData("""{"a":["F32",[1],[0,4]]}""", "tensor 'a' should be a JSON StartObject")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "tensor 'a' (float32, [2]) needs 8 bytes and has 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2147483648],"data_offsets":[0,4]}}""", "needs 8589934592 bytes and has 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,3]}}""", "tensor 'a' (float32, []) needs 4 bytes and has 3")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,4]}}""", "tensor 'a' (float32, [0]) needs 0 bytes and has 4")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}""", "tensor 'a' has its bytes at 1 to 4, where 0 should be the start")]
    [InlineData("""{"__metadata__":[]}""", "__metadata__ should be a JSON StartObject")]
    [InlineData("""{"__metadata__":null,"__metadata__":null}""", "the key '__metadata__' stands there twice")]
    [InlineData("""{"__metadata__":{"a":null}}""", "__metadata__ 'a' should be a JSON String")]
    [InlineData("""{"__metadata__":{"a":1}}""", "__metadata__ 'a' should be a JSON String")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", "the metadata 'a' stands there twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", "the key '__metadata__' stands there twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},}""", "is not valid JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", "is not valid JSON")]
    [InlineData("""{"a" {"dtype":"F32"}}""", "is not valid JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}""", "is not valid JSON")]
    [InlineData("""{} {}""", "is not valid JSON")]
    [InlineData("""{/**/}""", "is not valid JSON")]
    public void IsRefusedWithTheReason(string header, string message)
    {
        using var file = MutatedFile.With(SafetensorsBytes.File(header, new byte[4]));

        var error = file.Refusal();

        Assert.Equal((CheckpointErrorIds.FormatInvalid, 8L), (error.ErrorId, error.Offset));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TextThatIsNoUtf8IsRefused()
    {
        byte[] content = SafetensorsBytes.File("""{"?":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1);
        content[10] = 0xff;
        using var file = MutatedFile.With(content);

        Assert.Contains("is not valid JSON", file.Refusal().Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void AFileThatEndsInItsDataIsTruncated(int missing)
    {
        byte[] content = SafetensorsBytes.File("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", new byte[4]);
        using var file = MutatedFile.With(content[..^missing]);

        var error = file.Refusal();

        Assert.Equal((CheckpointErrorIds.Truncated, (long)(content.Length - missing)), (error.ErrorId, error.Offset));
        Assert.Contains($"truncated: {content.Length - missing} of {content.Length} bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GibibytesThatAreMissingAreCounted()
    {
        string header = """{"a":{"dtype":"U8","shape":[4294967297],"data_offsets":[0,4294967297]}}""";
        using var file = MutatedFile.With(SafetensorsBytes.File(header, 1, 2, 3));

        Assert.Contains($"truncated: {8 + header.Length + 3} of {8 + header.Length + 4294967297} bytes", file.Refusal().Message, StringComparison.Ordinal);
    }
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Tests.Formats.Safetensors;

/// <summary>Headers that are legal and seldom.</summary>
public sealed class EdgeCaseTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("{}      ")]
    [InlineData(" \n\t{}\r\n")]
    [InlineData("""{"__metadata__":{}}""")]
    [InlineData("""{"__metadata__":null}""")]
    public void AFileMayHoldNoTensors(string header)
    {
        var checkpoint = Open(header);

        Assert.Equal(CheckpointFormats.Safetensors, checkpoint.Format);
        Assert.Empty(checkpoint.Tensors);
        Assert.Empty(checkpoint.Metadata);
        Assert.Empty(checkpoint.Findings);
    }

    [Theory]
    [InlineData("[0]")]
    [InlineData("[3,0,2]")]
    [InlineData("[0,9223372036854775807]")]
    public void AnEmptyTensorTakesNoBytes(string shape)
    {
        var checkpoint = Open($$$"""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"e":{"dtype":"F64","shape":{{{shape}}},"data_offsets":[2,2]}}""", 1, 2);

        var empty = checkpoint.Tensors[1];
        Assert.Equal((0L, 0L, true), (empty.ElementCount, empty.ByteLength, empty.IsContiguous));
        Assert.Null(empty.UnreadableReason);
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void ManyEmptyTensorsMayLieInOnePlace()
    {
        var checkpoint = Open(
            """{"z":{"dtype":"F32","shape":[0],"data_offsets":[1,1]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"c":{"dtype":"F32","shape":[0],"data_offsets":[1,1]}}""",
            7);

        Assert.Equal(["z", "a", "b", "c"], checkpoint.Tensors.Select(tensor => tensor.Key));
        Assert.Empty(checkpoint.Tensors[2].Shape);
        Assert.Equal(1, checkpoint.Tensors[2].ByteLength);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("""{"dtype":"F64","a":[[[{}]]]}""")]
    public void AFieldThatIsNotKnownIsPassedOver(string field)
    {
        var checkpoint = Open($$$"""{"a":{"crc":{{{field}}},"dtype":"U8","shape":[2],"data_offsets":[0,2],"crc":{{{field}}}}}""", 1, 2);

        var tensor = Assert.Single(checkpoint.Tensors);
        Assert.Equal(("uint8", 2L), (tensor.DType, tensor.ByteLength));
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void AFieldThatIsNotKnownIsFollowedAsDeepAsTheReferenceImplementationDoes()
    {
        string Header(int depth) =>
            $$$"""{"a":{"x":{{{new string('[', depth)}}}{{{new string(']', depth)}}},"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""";

        Assert.Single(Open(Header(126), 1, 2).Tensors);
        using var file = MutatedFile.With(SafetensorsBytes.File(Header(127), 1, 2));
        Assert.Contains("is not valid JSON", file.Refusal().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TensorsAreListedInTheOrderOfTheHeaderWhereverTheirBytesLie()
    {
        var checkpoint = Open(
            """{"last":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},"first":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 1, 2, 3);

        Assert.Equal(["last", "first"], checkpoint.Tensors.Select(tensor => tensor.Key));
        Assert.Equal(2, checkpoint.Tensors[0].Offset - checkpoint.Tensors[1].Offset);
    }

    [Fact]
    public void ElementsNeedNotBeAligned()
    {
        byte[] number = BitConverter.GetBytes(-2.5);
        byte[] content = SafetensorsBytes.File(
            """{"pad":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"odd":{"dtype":"F64","shape":[1],"data_offsets":[1,9]}}""", [1, .. number]);
        using var file = MutatedFile.With(content);
        using var reader = new TensorDataReader();
        var read = new byte[8];

        var tensor = file.Open().Tensors[1];
        reader.Read(tensor, 0, read, TestContext.Current.CancellationToken);

        Assert.Equal(content.Length - 8, tensor.Offset);
        Assert.Equal(number, read);
    }

    [Theory]
    [InlineData("""\u0000""", "\0")]
    [InlineData("", "")]
    [InlineData("""\ud83d\udd25""", "🔥")]
    [InlineData("重み.größe", "重み.größe")]
    [InlineData("""\u202egnp""", "\u202Egnp")]
    [InlineData("""a\/b\"c\\""", "a/b\"c\\")]
    [InlineData("__metadata", "__metadata")]
    public void AKeyIsWhatTheHeaderSaysToTheLastCharacter(string written, string key)
    {
        var checkpoint = Open($$$"""{"{{{written}}}":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1);

        Assert.Equal(key, Assert.Single(checkpoint.Tensors).Key);
    }

    [Fact]
    public void KeysThatOnlyLookEqualAreTwo()
    {
        // é as one character, and as e with an accent behind it.
        var checkpoint = Open(
            """{"\u00e9":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"e\u0301":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 1, 2);

        Assert.Equal(["\u00e9", "e\u0301"], checkpoint.Tensors.Select(tensor => tensor.Key));
    }

    [Fact]
    public void MetadataKeepsItsOrderAndItsText()
    {
        var checkpoint = Open("""{"__metadata__":{"z":"1","a":"","\u00e9":"line\nline"}}""");

        Assert.Equal([("z", "1"), ("a", ""), ("é", "line\nline")], checkpoint.Metadata.Select(item => (item.Key, item.Value)));
    }

    [Fact]
    public void ATensorMayHave256Dimensions()
    {
        string ones = string.Join(',', Enumerable.Repeat("1", 256));

        var tensor = Assert.Single(Open($$$"""{"a":{"dtype":"U8","shape":[{{{ones}}}],"data_offsets":[0,1]}}""", 1).Tensors);

        Assert.Equal((256, 1L), (tensor.Shape.Length, tensor.ElementCount));
    }

    [Fact]
    public void OneByteTooManyIsAWarning()
    {
        var finding = Assert.Single(Open("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, 2).Findings);

        Assert.Equal((FindingSeverity.Warning, FindingCodes.TrailingBytes), (finding.Severity, finding.Code));
        Assert.StartsWith("1 bytes follow", finding.Message, StringComparison.Ordinal);
    }

    private static Checkpoint Open(string header, params byte[] data)
    {
        using var file = MutatedFile.With(SafetensorsBytes.File(header, data));
        return file.Open();
    }
}

using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch;

/// <summary>Archives of <c>torch.export</c> that are odd, broken or hostile.</summary>
public sealed class ExportedProgramTests
{
    private const string Config = "p/data/weights/model_weights_config.json";

    [Theory]
    [InlineData("""{"dtype":99,"sizes":[],"strides":[],"storage_offset":0,"layout":7}""", "element type is not known")]
    [InlineData("""{"dtype":7,"sizes":[{"as_int":-1}],"strides":[1],"storage_offset":0}""", "no counts from 0 up")]
    [InlineData("""{"dtype":7,"sizes":[2],"strides":[1],"storage_offset":9223372036854775807}""", "its size does not fit 64 bits")]
    [InlineData("""{"dtype":7,"sizes":[2],"strides":[1],"storage_offset":1}""", "it needs 12 bytes of storage 'data/weights/weight_0', which has 8")]
    [InlineData("""{"dtype":7,"sizes":[9223372036854775807,2],"strides":[1,1],"storage_offset":0}""", "its size does not fit 64 bits")]
    [InlineData("""{"dtype":7,"sizes":[2],"strides":[],"storage_offset":0}""", "it has 1 dimensions and 0 strides")]
    [InlineData("null", "nothing says what tensor it is")]
    public void ADescriptionThatDoesNotFitIsAtFaultAndNoOther(string meta, string message)
    {
        using var file = Raw($$$"""{"bad":{"path_name":"weight_0","use_pickle":false,"tensor_meta":{{{meta}}}},"good":{{{Good}}}}""");

        var checkpoint = file.Open();

        Assert.Equal(["bad", "good"], checkpoint.Tensors.Select(tensor => tensor.Key));
        Assert.Contains(message, checkpoint.Tensors[0].UnreadableReason, StringComparison.Ordinal);
        Assert.Null(checkpoint.Tensors[1].UnreadableReason);
        Assert.Contains(checkpoint.Findings, finding => finding.Key == "bad" && finding.Severity == FindingSeverity.Error);
    }

    [Theory]
    [InlineData("../../models/model.json")]
    [InlineData("weight_7")]
    [InlineData("")]
    public void ARecordIsOneOfTheFolder(string name)
    {
        using var file = Raw($$$$"""{"a":{"path_name":"{{{{name}}}}","use_pickle":false,"tensor_meta":{"dtype":7,"sizes":[2],"strides":[1],"storage_offset":0}}}""");

        Assert.Contains(file.Open().Findings, finding => (finding.Code, finding.Key) == (FindingCodes.StorageMissing, "a"));
    }

    [Theory]
    [InlineData("[]", "no object 'config'")]
    [InlineData("""{"config":{"a":1}}""", "'a' needs a path_name and use_pickle")]
    [InlineData("""{"config":{"a":{"path_name":"x","path_name":"y","use_pickle":false}}}""", "path_name")]
    [InlineData("{", "weights_config.json")]
    public void AConfigurationThatIsNoneIsAFinding(string json, string message)
    {
        using var file = MutatedFile.With(Archive().Add(Config, Encoding.UTF8.GetBytes(json)).Build());

        var finding = Assert.Single(file.Open().Findings, finding => finding.Code == FindingCodes.ArchiveEntryInvalid);

        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AWeightThatNothingNamesIsToldOf()
    {
        using var file = MutatedFile.With(Archive().Add(Config, """{"config":{}}"""u8.ToArray()).Add("p/data/weights/weight_0", new byte[8]).Build());

        var finding = Assert.Single(Verify(file).Findings, finding => finding.Code == FindingCodes.UnlistedStorage);

        Assert.Contains("'data/weights/weight_0'", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AWeightThatWasExportedWithoutValuesCannotBeRead()
    {
        using var file = MutatedFile.With(Archive()
            .Add(Config, Encoding.UTF8.GetBytes($$$"""{"config":{"w":{{{Good}}}}}""")).Add("p/data/weights/weight_0", []).Build());

        Assert.Equal("it was exported without values", Assert.Single(file.Open().Tensors).UnreadableReason);
    }

    [Fact]
    public void ObjectsAreValuesAndTheirPicklesAreJudged()
    {
        using var file = MutatedFile.With(Archive()
            .Add(Config, """{"config":{}}"""u8.ToArray())
            .Add("p/data/constants/model_constants_config.json", """{"config":{"obj":{"path_name":"opaque_obj_0","use_pickle":true,"tensor_meta":null}}}"""u8.ToArray())
            .Add("p/data/constants/opaque_obj_0", Call("os", "system")).Build());

        var checkpoint = file.Open();

        Assert.Equal("object in record 'data/constants/opaque_obj_0'", checkpoint.Values["obj"]);
        Assert.Equal(["os.system"], checkpoint.UnsafeGlobals);
    }

    [Fact]
    public void ThePicklesOfStateDictsAreJudgedAlsoWhereTheyBreak()
    {
        byte[] broken = ZipBytes.PyTorch([.. Proto(2), .. Global("os", "system"), .. Text("true"), 0x85, (byte)'R', (byte)'b']).Build();
        using var file = MutatedFile.With(Archive().Add("p/data/weights/model.pt", broken).Build());

        var checkpoint = file.Open();

        Assert.Equal(["os.system"], checkpoint.UnsafeGlobals);
        Assert.Contains(checkpoint.Findings, finding => finding.Message.StartsWith("record 'data/weights/model.pt' cannot be read", StringComparison.Ordinal));
    }

    [Fact]
    public void ExportedProgramsInExportedProgramsAreNotFollowed()
    {
        byte[] inner = Archive().Build();
        for (int depth = 0; depth < 200; depth++)
        {
            inner = Archive().Add("p/data/weights/model.pt", inner).Build();
        }

        var (checkpoint, error) = Cost.Open(inner);

        Assert.Null(error);
        Assert.Empty(checkpoint!.Tensors);
        Assert.Contains(checkpoint.Findings, finding => finding.Code == FindingCodes.ArchiveEntryInvalid);
    }

    [Fact]
    public void ARecordInsideAnotherIsNotReadAgain()
    {
        byte[] state = TensorBytes.Archive([("w", TensorBytes.Vector("0", 2))], ("0", new byte[8])).Build();
        var inner = new ZipBytes().Add("p/data/weights/b.pt", state).Add("x", new byte[100]);
        var outer = new ZipBytes()
            .Add("p/archive_format", "pt2"u8.ToArray()).Add("p/models/a.json", "{}"u8.ToArray()).Add("p/models/b.json", "{}"u8.ToArray());
        byte[] whole = inner.Build();
        outer.Add("p/data/weights/a.pt", whole);
        uint place = outer.HeaderOffset("p/data/weights/a.pt") + 30 + (uint)"p/data/weights/a.pt".Length;
        outer.AddDirectoryEntry(new ZipBytes.Record("p/data/weights/b.pt", state, (uint)state.Length, 0) { HeaderOffset = place });
        using var file = MutatedFile.With(outer.Build());

        Assert.Contains(file.Open().Findings, finding => finding.Message.Contains("its bytes belong to another record", StringComparison.Ordinal));
    }

    [Fact]
    public void ACompressedStateDictIsNotPassedOver()
    {
        byte[] state = TensorBytes.Archive([("w", TensorBytes.Vector("0", 2))], ("0", new byte[8])).Build();
        using var file = MutatedFile.With(new ZipBytes()
            .Add("serialized_exported_program.json", "{}"u8.ToArray()).AddDeflated("serialized_state_dict.pt", state).Build());

        var finding = Assert.Single(file.Open().Findings, finding => finding.Code == FindingCodes.ArchiveEntryInvalid);

        Assert.Contains("Pack the archive anew without compression", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void KeysOfSeveralModelsBeginWithTheirNames()
    {
        byte[] config = Encoding.UTF8.GetBytes($$$"""{"config":{"w":{{{Good}}}}}""");
        using var file = MutatedFile.With(Archive()
            .Add("p/models/other.json", "{}"u8.ToArray())
            .Add(Config, config).Add("p/data/weights/other_weights_config.json", config)
            .Add("p/data/weights/weight_0", new byte[8]).Build());

        Assert.Equal(["model.w", "other.w"], file.Open().Tensors.Select(tensor => tensor.Key));
        Assert.DoesNotContain(Verify(file).Findings, finding => finding.Severity == FindingSeverity.Error);
    }

    [Theory]
    [InlineData("exported")]
    [InlineData("exported-2-2")]
    [InlineData("exported-compiled")]
    public void ChangedBytesAreNoticedWhereverTheyLie(string fixture)
    {
        Checkpoint original;
        using (var file = MutatedFile.Of(fixture, bytes => bytes))
        {
            original = file.Open();
            Assert.True(Verify(file, VerificationLevel.Checksum).Passed);
        }

        long place = original.Tensors.First(tensor => tensor.ByteLength > 0).Offset;
        using var changed = MutatedFile.Of(fixture, bytes =>
        {
            bytes[place] ^= 1;
            return bytes;
        });

        Assert.Contains(Verify(changed, VerificationLevel.Checksum).Findings, finding => finding.Code == FindingCodes.ChecksumMismatch);
    }

    private static string Good =>
        """{"path_name":"weight_0","is_param":true,"use_pickle":false,"tensor_meta":{"dtype":7,"sizes":[{"as_int":2}],"strides":[{"as_expr":{"expr_str":"s0","hint":{"as_int":1}}}],"storage_offset":{"as_int":0},"requires_grad":true,"layout":7}}""";

    private static ZipBytes Archive() => new ZipBytes().Add("p/archive_format", "pt2"u8.ToArray()).Add("p/models/model.json", "{}"u8.ToArray());

    private static MutatedFile Raw(string config) => MutatedFile.With(Archive()
        .Add(Config, Encoding.UTF8.GetBytes($$$"""{"config":{{{config}}}}""")).Add("p/data/weights/weight_0", new byte[8]).Build());

    private static CheckpointVerdict Verify(MutatedFile file, VerificationLevel level = VerificationLevel.Structure) =>
        CheckpointVerifier.Verify(file.Path, new VerificationOptions { Level = level }, cancellationToken: TestContext.Current.CancellationToken);
}

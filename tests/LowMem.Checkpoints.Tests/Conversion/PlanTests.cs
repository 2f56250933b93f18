using System.Text;
using System.Text.Json;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Tests.Formats;
using static LowMem.Checkpoints.Tests.Builders.PickleBytes;
using static LowMem.Checkpoints.Tests.Builders.TensorBytes;

namespace LowMem.Checkpoints.Tests.Conversion;

/// <summary>What a conversion writes is known, and refused as a whole, before anything is written.</summary>
public sealed class PlanTests : IDisposable
{
    private readonly CheckpointDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void AllThatCannotBeHeldIsOneError()
    {
        var error = Refuse(FixtureFiles.PathOf("dtypes"), "out.safetensors");
        Assert.Equal(CheckpointErrorIds.ConversionUnsupported, error.ErrorId);
        Assert.Contains("1 part of the checkpoint cannot be written as safetensors", error.Message, StringComparison.Ordinal);
        Assert.Contains("'complex128': elements of type complex128 have no place there", error.Message, StringComparison.Ordinal);

        error = Refuse(FixtureFiles.PathOf("quantized"), "out.pt");
        Assert.Contains("it is quantised (quint8), and its scale would be lost", error.Message, StringComparison.Ordinal);
        Assert.Contains("Leave them out with -Exclude or -Prefix", error.Message, StringComparison.Ordinal);

        error = Refuse(FixtureFiles.PathOf("sparse"), "out.safetensors");
        Assert.Contains("it is sparse_coo", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
    }

    /// <summary>What is said of an object is no text of the checkpoint, and would be one in the output.</summary>
    [Fact]
    public void ObjectsAreNotWrittenAsWhatIsSaidOfThem()
    {
        int count = 0;
        foreach (string name in (string[])["containers", "optimizers", "numpy-values"])
        {
            var checkpoint = Checkpoint.Open(FixtureFiles.PathOf(name), TestContext.Current.CancellationToken);
            if (checkpoint.DescribedKeys.Count == 0 || checkpoint.Tensors.Any(tensor => tensor.IsAttribute))
            {
                continue;
            }

            count++;
            foreach (string output in (string[])["out.pt", "out.safetensors"])
            {
                var error = Refuse(FixtureFiles.PathOf(name), output);
                Assert.Equal(CheckpointErrorIds.ConversionUnsupported, error.ErrorId);
                Assert.All(checkpoint.DescribedKeys.Take(10), key => Assert.Contains($"'{DisplayText.Name(key)}': it is an object, ", error.Message, StringComparison.Ordinal));
            }
        }

        Assert.True(count > 0);
    }

    [Fact]
    public void ABrokenCheckpointIsNotWrittenAsIfItWereWhole()
    {
        var error = Refuse(FixtureFiles.PathOf("bad-storage-missing"), "out.pt");
        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.DoesNotContain("-AllowMissing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void KeysAreChosenAndRenamedByTheRulesOfAnImport()
    {
        string source = FixtureFiles.PathOf("training");
        var options = new ConversionOptions
        {
            Prefix = "model_state_dict",
            KeyMap = new KeyRules([KeyRule.FromWildcard("0.*", "in.*"), KeyRule.FromWildcard("1.*", null)]),
            Filter = new KeyChoice(key => key != "in.bias"),
        };

        var report = Converted.Run(source, Out("out.safetensors"), options);

        Assert.Equal(["3.weight", "in.weight"], Converted.ReadAll(report.Path).Keys.Order(StringComparer.Ordinal));
        Assert.Equal(2, report.TensorCount);
    }

    [Fact]
    public void TwoKeysThatBecomeOneAreNamed()
    {
        var options = new ConversionOptions { KeyMap = new KeyRules([KeyRule.FromWildcard("*", "x")]) };
        var error = Assert.Throws<KeyMapException>(() => Converted.Plan(FixtureFiles.PathOf("state-dict"), Out("out.pt"), options));
        Assert.Contains("'0.weight' and '0.bias' both become 'x'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TwoTensorsOfOneKeyAreNamed()
    {
        byte[] pickle = [.. Proto(2), .. Dict(("a", Dict(("b", Vector("0", 1)))), ("a.b", Vector("1", 1))), (byte)'.'];
        string path = Out("twice.pt");
        File.WriteAllBytes(path, ZipBytes.PyTorch(pickle).Add("archive/data/0", new byte[4]).Add("archive/data/1", new byte[4]).Build());

        var error = Refuse(path, "out.pt", new ConversionOptions());

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Contains("several tensors go by the key 'a.b'", error.Message, StringComparison.Ordinal);

        // Of a part, only the faults of that part are looked for.
        error = Refuse(path, "out.pt", new ConversionOptions { Filter = new KeyChoice(_ => true) });
        Assert.Equal(CheckpointErrorIds.ConversionUnsupported, error.ErrorId);
        Assert.Contains("Several tensors have the key 'a.b'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APrefixThatIsNotThereIsAnError()
    {
        var error = Refuse(FixtureFiles.PathOf("training"), "out.pt", new ConversionOptions { Prefix = "model_state_dicts" });
        Assert.Contains("Did you mean 'model_state_dict.'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FloatsAreCastAndNothingElse()
    {
        string source = Source(new SafetensorsBytes().Add("f", 1.5f, -2f, 3.1415927f).Add("i", "I64", new long[] { 1, 2 }).Add("d", "F64", new[] { 1e300, 0.1 }));

        var report = Converted.Run(source, Out("out.safetensors"), new ConversionOptions { Type = DType.Get("bfloat16") }, new ConversionSettings { Verifies = true });

        var values = Converted.ReadAll(report.Path);
        Assert.Equal((3, 2, true), (report.TensorCount, report.CastCount, report.Verified));
        Assert.Equal("c03f00c04940", Convert.ToHexStringLower(values["f"]));
        Assert.Equal("807fcd3d", Convert.ToHexStringLower(values["d"]));
        Assert.Equal(16, values["i"].Length);
    }

    [Fact]
    public void TiedTensorsAreWrittenOnceAndStayTied()
    {
        string source = FixtureFiles.PathOf("whole-module");
        var report = Converted.Run(source, Out("out.safetensors"));

        Assert.Equal(1, report.TiedCount);
        var checkpoint = Checkpoint.Open(report.Path, TestContext.Current.CancellationToken);
        var tied = checkpoint.Tensors.Where(tensor => tensor.Key is "encoder.0.weight" or "decoder.weight").ToList();
        Assert.Equal(2, tied.Count);
        Assert.Equal(TensorIdentity.OfView(tied[0]), TensorIdentity.OfView(tied[1]));
        Assert.Equal("encoder.0.weight", checkpoint.Metadata["decoder.weight"]);

        // And so they are once more, in either format.
        var again = Converted.Run(report.Path, Out("again.safetensors"));
        Assert.Equal(File.ReadAllBytes(report.Path), File.ReadAllBytes(again.Path));
        Assert.Equal(1, Converted.Run(report.Path, Out("again.pt")).TiedCount);
    }

    [Fact]
    public void TiedTensorsOfShardsStayTied()
    {
        var report = Converted.Run(FixtureFiles.PathOf("whole-module"), Out("out.safetensors"), new ConversionOptions { MaxShardSize = 40 });

        var checkpoint = Checkpoint.Open(report.Path, TestContext.Current.CancellationToken);
        Assert.Empty(checkpoint.Findings);
        Assert.Contains("decoder.weight", checkpoint.Tensors.Select(tensor => tensor.Key));
        using var index = JsonDocument.Parse(File.ReadAllBytes(report.Path));

        // Other readers look into the file for every key of the map.
        Assert.False(index.RootElement.GetProperty("weight_map").TryGetProperty("decoder.weight", out _));
    }

    [Fact]
    public void SimpleValuesAreKept()
    {
        string source = Path.Combine(directory.Path, "values.pt");
        Converted.Run(Source(SafetensorsBytes.One("w", 1)), source);
        var plan = Converted.Plan(FixtureFiles.PathOf("data-parallel"), Out("out.safetensors"));
        var report = new ConversionRun(plan, new ConversionSettings()).Run(null, TestContext.Current.CancellationToken);

        Assert.Equal("3", Checkpoint.Open(report.Path, TestContext.Current.CancellationToken).Metadata["epoch"]);
        report = Converted.Run(FixtureFiles.PathOf("data-parallel"), Out("out.pt"));
        Assert.Equal(3L, Checkpoint.Open(report.Path, TestContext.Current.CancellationToken).Values["epoch"]);
    }

    [Fact]
    public void MetadataIsCarriedOverReplacedAndLeftOut()
    {
        string source = Path.Combine(directory.Path, "source.safetensors");
        File.WriteAllBytes(source, SafetensorsBytes.File("""{"__metadata__":{"a":"1","b":"2","format":"pt"},"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 7));
        var report = Converted.Run(source, Out("out.safetensors"), new ConversionOptions { Metadata = new Dictionary<string, string?> { ["b"] = "3", ["c"] = "4", ["format"] = null } });

        Assert.Equal("a=1;b=3;c=4", string.Join(';', Checkpoint.Open(report.Path, TestContext.Current.CancellationToken).Metadata.Select(item => $"{item.Key}={item.Value}")));
        var error = Refuse(source, "out.pt", new ConversionOptions { Metadata = new Dictionary<string, string?> { ["c"] = "4" } });
        Assert.Contains("only safetensors has a place for it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALeftOutPartOfAStorageIsNotDraggedAlong()
    {
        string source = FixtureFiles.PathOf("shared-storages");
        var whole = Checkpoint.Open(source, TestContext.Current.CancellationToken);
        var smallest = whole.Tensors.Where(tensor => tensor.ElementCount > 0).MinBy(tensor => tensor.ByteLength)!;

        var report = Converted.Run(source, Out("out.pt"), new ConversionOptions { Filter = new KeyChoice(key => key == smallest.Key) });

        var written = Assert.Single(Checkpoint.Open(report.Path, TestContext.Current.CancellationToken).Tensors);
        Assert.Equal(smallest.ByteLength, written.GetStorageByteLength());
    }

    [Fact]
    public void ShardsAreCutInOrderAndALargeTensorIsAloneInOne()
    {
        var file = new SafetensorsBytes().Add("a", new float[2]).Add("b", new float[9]).Add("c", new float[2]).Add("d", new float[1]);
        var plan = Converted.Plan(Source(file), Out("model.safetensors"), new ConversionOptions { MaxShardSize = 16 });

        Assert.Equal(["model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors"], plan.Files.Select(item => item.Name));
        Assert.Equal([1, 2, 1], plan.Files.Select(item => item.TensorCount));
        Assert.Equal(
            """{"metadata":{"total_size":56,"format":"pt"},"weight_map":{"a":"model-00002-of-00003.safetensors","b":"model-00001-of-00003.safetensors","c":"model-00002-of-00003.safetensors","d":"model-00003-of-00003.safetensors"}}""",
            Encoding.UTF8.GetString(plan.MakeIndex!("")).Replace("\n", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal));
    }

    private string Source(SafetensorsBytes file) => Source(file.Build());

    private string Source(byte[] content)
    {
        directory.Write("source.safetensors", content);
        return Path.Combine(directory.Path, "source.safetensors");
    }

    private string Out(string name) => Path.Combine(directory.Path, name);

    private CheckpointException Refuse(string source, string name, ConversionOptions? options = null) =>
        Assert.Throws<CheckpointException>(() => Converted.Plan(source, Out(name), options));
}

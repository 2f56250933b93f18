using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Formats.Folders;

/// <summary>Shards that no index lists.</summary>
public sealed class ShardSetTests : IDisposable
{
    private readonly CheckpointDirectory directory = new();

    public void Dispose() => directory.Dispose();

    public static TheoryData<string> Whole =>
    [
        "model-00001-of-00002.safetensors model-00002-of-00002.safetensors",
        "pytorch_model-00001-of-00002.bin pytorch_model-00002-of-00002.bin",
        "model-00000-of-00002.safetensors model-00001-of-00002.safetensors",
        "model-00000-of-00001.safetensors model-00001-of-00001.safetensors",
        "model-00001-of-000002.safetensors model-00002-of-000002.safetensors",
        "model.fp16-00001-of-00002.safetensors model.fp16-00002-of-00002.safetensors",
        "model-00001-of-00002.fp16.safetensors model-00002-of-00002.fp16.safetensors",
        "diffusion_pytorch_model-00001-of-00002.safetensors diffusion_pytorch_model-00002-of-00002.safetensors",
        "consolidated-00001-of-00002.safetensors consolidated-00002-of-00002.safetensors",
        "llm-1-of-2.pth llm-2-of-2.pth",
        "consolidated.00.pth consolidated.01.pth",
    ];

    /// <summary>The files that are there, and what is said of the others.</summary>
    public static TheoryData<string, string> Cut => new()
    {
        { "model-00001-of-00002.safetensors", "1 of 2 shards is missing: number 2, such as 'model-00002-of-00002.safetensors'" },
        { "model-00002-of-00008.safetensors model-00005-of-00008.safetensors", "6 of 8 shards are missing: number 1, 3 to 4, 6 to 8, such as 'model-00001-of-00008.safetensors'" },
        { "model-00000-of-00003.safetensors model-00002-of-00003.safetensors", "1 of 3 shards is missing: number 1" },
        { "model-999999-of-999999.safetensors", "999998 of 999999 shards are missing: number 1 to 999998" },
        { "consolidated.01.pth", "1 of 2 shards is missing: number 0, such as 'consolidated.00.pth'" },
        { "consolidated.00.pth consolidated.03.pth", "2 of 4 shards are missing: number 1 to 2, such as 'consolidated.01.pth'" },
    };

    public static TheoryData<string, string> Contradicting => new()
    {
        { "model-00001-of-00002.safetensors model-00002-of-00002.safetensors model-00003-of-00002.safetensors", "'model-00003-of-00002.safetensors' has a number beyond its own total of 2" },
        { "model-00001-of-00002.safetensors model-1-of-00002.safetensors", "'model-00001-of-00002.safetensors' and 'model-1-of-00002.safetensors' have the same number" },
    };

    [Theory]
    [MemberData(nameof(Whole))]
    public void ArePutTogetherByTheirNumbers(string files)
    {
        string[] names = Write(files);

        var checkpoint = directory.Open();

        Assert.Equal(names, checkpoint.Tensors.Select(tensor => tensor.Key));
        Assert.Equal(names, checkpoint.Files.Select(file => Path.GetFileName(file.Path)));
        Assert.Equal(2, checkpoint.ShardCount);
        Assert.Empty(checkpoint.Findings);
    }

    [Theory]
    [MemberData(nameof(Cut))]
    public void ANumberThatIsMissingIsAnErrorThatNamesIt(string files, string message)
    {
        string[] names = Write(files);

        var checkpoint = directory.Open();

        Assert.Equal(names, checkpoint.Tensors.Select(tensor => tensor.Key));
        var finding = Assert.Single(checkpoint.Findings);
        Assert.Equal((FindingSeverity.Error, FindingCodes.ShardMissing), (finding.Severity, finding.Code));
        Assert.StartsWith(message, finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Contradicting))]
    public void NumbersThatContradictEachOtherAreRefused(string files, string message)
    {
        Write(files);

        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("consolidated.00.pth", "consolidated.01.pth")]
    [InlineData("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")]
    public void SlicesOfTheSameTensorsAreRefused(string first, string second)
    {
        directory.Write(first, SafetensorsBytes.One("w", 1));
        directory.Write(second, SafetensorsBytes.One("w", 2));

        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.Equal(CheckpointErrorIds.Unsupported, error.ErrorId);
        Assert.Contains($"hold slices of the same tensors, as model parallelism saves them: 'w' is in '{first}' [1] and in '{second}' [1]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ASetIsNamedWithAStarForTheNumber()
    {
        string[] names = Write("model-00001-of-00002.safetensors model-00002-of-00002.safetensors other.safetensors model-00001-of-00003.safetensors");
        string path = Path.Combine(directory.Path, "model-*-of-00002.safetensors");

        var checkpoint = Checkpoint.Open(path, TestContext.Current.CancellationToken);

        Assert.Equal(names[..2], checkpoint.Tensors.Select(tensor => tensor.Key));
        Assert.Equal(path, checkpoint.Path);
        var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(Path.Combine(directory.Path, "model-*-of-00004.safetensors"), TestContext.Current.CancellationToken));
        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
    }

    [Fact]
    public void AShardThatIsNoWeightsSaysWhatItIs()
    {
        Write("model-00001-of-00002.safetensors");
        directory.Write("model-00002-of-00002.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 17\n"u8.ToArray());

        var finding = Assert.Single(directory.Open().Findings);

        Assert.Equal(FindingCodes.ShardMissing, finding.Code);
        Assert.Contains("this is the Git LFS pointer of a file of 17 bytes", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DataSetsAreNoShards()
    {
        directory.Write("train-00000-of-00041.parquet", "PAR1"u8.ToArray());
        directory.Write("model.ckpt.data-00000-of-00001", [1]);

        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.Contains("This is a checkpoint of TensorFlow.", error.Message, StringComparison.Ordinal);
    }

    private string[] Write(string files)
    {
        string[] names = files.Split(' ');
        foreach (string name in names)
        {
            directory.Write(name, SafetensorsBytes.One(name, 1));
        }

        return names;
    }
}

using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Formats.Folders;

/// <summary>What the checkpoint of a directory is, by the files that people have in one.</summary>
public sealed class FolderTests : IDisposable
{
    private readonly CheckpointDirectory directory = new();

    public void Dispose() => directory.Dispose();

    /// <summary>The files of a directory, and the one that is meant.</summary>
    public static TheoryData<string, string> Preferred => new()
    {
        { "model.safetensors pytorch_model.bin model.fp16.safetensors", "model.safetensors" },
        { "pytorch_model.bin model.fp16.safetensors", "pytorch_model.bin" },
        { "model.fp16.safetensors pytorch_model.fp16.bin", "model.fp16.safetensors" },
        { "pytorch_model.fp16.bin config.json", "pytorch_model.fp16.bin" },
        { "diffusion_pytorch_model.safetensors diffusion_pytorch_model.fp16.safetensors config.json", "diffusion_pytorch_model.safetensors" },
        { "diffusion_pytorch_model.non_ema.bin", "diffusion_pytorch_model.non_ema.bin" },
        { "adapter_model.safetensors adapter_config.json optimizer.pt rng_state.pth training_args.bin", "adapter_model.safetensors" },
        { "adapter_model.bin", "adapter_model.bin" },
        { "model.safetensors consolidated.safetensors", "model.safetensors" },
        { "model.safetensors consolidated.00.pth consolidated.01.pth", "model.safetensors" },
        { "consolidated.safetensors params.json", "consolidated.safetensors" },
        { "consolidated.00.pth params.json", "consolidated.00.pth" },
        { "MODEL.SAFETENSORS", "MODEL.SAFETENSORS" },
        { "model.safetensors open_clip_pytorch_model.bin other.pt", "model.safetensors" },
        { "weights README.md", "weights" },
        { "last.ckpt optimizer.pt scheduler.pt scaler.pt", "last.ckpt" },
        { "optimizer.pt", "optimizer.pt" },
        { "mp_rank_00_model_states.pt zero_pp_rank_0_mp_rank_00_optim_states.pt", "mp_rank_00_model_states.pt" },
    };

    /// <summary>The files of a directory, and what could be meant.</summary>
    public static TheoryData<string, string> Ambiguous => new()
    {
        { "model.fp16.safetensors model.bf16.safetensors", "2 checkpoints, and it does not show which one is meant: 'model.bf16.safetensors', 'model.fp16.safetensors'" },
        { "model.safetensors adapter_model.safetensors", "'model.safetensors', 'adapter_model.safetensors'" },
        { "a.pt b.pth", "'a.pt', 'b.pth'" },
        { "model-00001-of-00002.safetensors model-00001-of-00003.safetensors", "'model-*-of-00002.safetensors', 'model-*-of-00003.safetensors'" },
        { "x-1-of-1.safetensors y.safetensors", "'x-*-of-1.safetensors', 'y.safetensors'" },
    };

    [Theory]
    [MemberData(nameof(Preferred))]
    public void TakesTheFileThatTheLibrariesTake(string files, string expected)
    {
        Write(files);

        var checkpoint = directory.Open();

        Assert.Equal(expected, Assert.Single(checkpoint.Tensors).Key);
        Assert.Equal(directory.Path, checkpoint.Path);
        Assert.Empty(checkpoint.Findings);
    }

    [Theory]
    [MemberData(nameof(Ambiguous))]
    public void ListsWhatCouldBeMeantWhereItIsNotClear(string files, string message)
    {
        Write(files);

        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("Name the one that is meant", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesThatDifferByCaseAloneAreTwoFiles()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || OperatingSystem.IsMacOS(), "such names are one file here");
        Write("model.safetensors Model.safetensors");

        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.Contains("'Model.safetensors', 'model.safetensors'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnIndexOfAVariantIsFound()
    {
        Write("model.fp16-00001-of-00001.safetensors");
        directory.Write("model.safetensors.index.fp16.json", """{"weight_map":{"model.fp16-00001-of-00001.safetensors":"model.fp16-00001-of-00001.safetensors"}}"""u8.ToArray());

        var checkpoint = directory.Open();

        Assert.Single(checkpoint.Tensors);
        Assert.Single(checkpoint.IndexFiles);
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void AnIndexIsTakenBeforeAWholeFileAndSaysSo()
    {
        Write("model.safetensors one.safetensors");
        directory.WriteIndex("""{"weight_map":{"one.safetensors":"one.safetensors"}}""");

        var checkpoint = directory.Open();

        Assert.Equal("one.safetensors", Assert.Single(checkpoint.Tensors).Key);
        var finding = Assert.Single(checkpoint.Findings);
        Assert.Equal((FindingSeverity.Warning, FindingCodes.CheckpointBeside), (finding.Severity, finding.Code));
        Assert.Contains("also holds 'model.safetensors'", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnIndexWithoutAnyOfItsShardsNamesWhatElseThereIs()
    {
        Write("pytorch_model-00001-of-00001.bin");
        directory.WriteIndex("""{"weight_map":{"a":"model-00001-of-00001.safetensors"}}""");

        var findings = directory.Open().Findings;

        Assert.Equal([FindingCodes.ShardMissing, FindingCodes.CheckpointBeside], findings.Select(finding => finding.Code));
        Assert.Contains("also holds 'pytorch_model-*-of-00001.bin': name that", findings[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnIndexThatNamesTheWholeFileHasNothingBesideIt()
    {
        Write("model.safetensors");
        directory.WriteIndex("""{"weight_map":{"model.safetensors":"model.safetensors"}}""");

        Assert.Empty(directory.Open().Findings);
    }

    [Fact]
    public void TheParentOfOneDistributedCheckpointIsThatCheckpoint()
    {
        CopyDistributed("step-100");
        directory.Write("latest.txt", "step-100"u8.ToArray());

        var checkpoint = directory.Open();

        Assert.Equal(CheckpointFormats.Distributed, checkpoint.Format);
        Assert.NotEmpty(checkpoint.Tensors);
        Assert.Equal(directory.Path, checkpoint.Path);
    }

    [Fact]
    public void TheStateOfAnOptimizerIsNotTheModel()
    {
        CopyDistributed("optimizer_0");
        CopyDistributed("pytorch_model_fsdp_0");

        Assert.Contains("pytorch_model_fsdp_0", directory.Open().Files[0].Path, StringComparison.Ordinal);
    }

    [Fact]
    public void TheParentOfTwoDistributedCheckpointsNamesBoth()
    {
        CopyDistributed("step-100");
        CopyDistributed("step-200");

        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.Contains("'step-100', 'step-200'. Name the one that is meant: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ADirectoryWithoutACheckpointNamesWhatIsBelowAndWhatIsThereInstead()
    {
        directory.Write("unet/diffusion_pytorch_model.safetensors", []);
        directory.Write("vae/model.bin", []);
        directory.Write("tf_model.h5", [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);

        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
        Assert.Contains("There are checkpoints in 'unet': name one of these", error.Message, StringComparison.Ordinal);
        Assert.Contains("'tf_model.h5' is an HDF5 file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheModelOfACacheNamesItsRevisions()
    {
        directory.Write("snapshots/0123/model.safetensors", SafetensorsBytes.One("a", 1));

        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.Contains($"'{Path.Combine("snapshots", "0123")}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ShardsThatAreLinksIntoTheBlobsOfACacheAreRead()
    {
        directory.Write("blobs/aa", SafetensorsBytes.One("a", 1));
        directory.Write("blobs/bb", SafetensorsBytes.One("b", 2));
        string snapshot = Path.Combine(directory.Path, "snapshots", "rev");
        Directory.CreateDirectory(snapshot);
        File.CreateSymbolicLink(Path.Combine(snapshot, "model-00001-of-00002.safetensors"), "../../blobs/aa");
        File.CreateSymbolicLink(Path.Combine(snapshot, "model-00002-of-00002.safetensors"), "../../blobs/bb");

        var checkpoint = Checkpoint.Open(snapshot, TestContext.Current.CancellationToken);

        Assert.Equal(["a", "b"], checkpoint.Tensors.Select(tensor => tensor.Key));
        Assert.Empty(checkpoint.Findings);
    }

    [Fact]
    public void AShardThatIsALinkOutOfTheDirectoryIsNotRead()
    {
        using var other = new CheckpointDirectory();
        other.Write("secret", SafetensorsBytes.One("secret", 1));
        directory.Write("model-00001-of-00002.safetensors", SafetensorsBytes.One("a", 1));
        File.CreateSymbolicLink(Path.Combine(directory.Path, "model-00002-of-00002.safetensors"), Path.Combine(other.Path, "secret"));

        var checkpoint = directory.Open();

        Assert.Equal("a", Assert.Single(checkpoint.Tensors).Key);
        Assert.Contains("a link leads out of the directory", Assert.Single(checkpoint.Findings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ADirectoryOfVeryManyFilesIsNotSearchedForEver()
    {
        for (int i = 0; i < 1100; i++)
        {
            directory.Write($"sample-{i}", [1]);
        }

        var error = Assert.Throws<CheckpointException>(directory.Open);

        Assert.Contains("the directory holds 1100 files and 0 directories, too many to look for the checkpoint", error.Message, StringComparison.Ordinal);
        directory.Write("model.safetensors", SafetensorsBytes.One("a", 1));
        Assert.Single(directory.Open().Tensors);
    }

    private void Write(string files)
    {
        foreach (string file in files.Split(' '))
        {
            directory.Write(file, Path.GetExtension(file) is ".json" or ".md" ? Encoding.UTF8.GetBytes("{}") : SafetensorsBytes.One(file, 1));
        }
    }

    private void CopyDistributed(string name)
    {
        foreach (string file in Directory.GetFiles(FixtureFiles.PathOf("dcp")))
        {
            directory.Write(Path.Combine(name, Path.GetFileName(file)), File.ReadAllBytes(file));
        }
    }
}

using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Conversion;

/// <summary>Nothing is lost: not what is read, not what is there, and nothing is left behind.</summary>
public sealed class OutputTests : IDisposable
{
    private readonly CheckpointDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void AFileThatIsReadIsNotReplaced()
    {
        directory.Write("model.safetensors", SafetensorsBytes.One("w", 1));
        string source = In("model.safetensors");
        Assert.Equal(CheckpointErrorIds.OutputIsInput, Refuse(source, source, new ConversionSettings { Replaces = true }).ErrorId);
        if (!OperatingSystem.IsWindows())
        {
            File.CreateSymbolicLink(In("link.safetensors"), source);
            Assert.Equal(CheckpointErrorIds.OutputIsInput, Refuse(source, In("link.safetensors"), new ConversionSettings { Replaces = true }).ErrorId);
        }
    }

    [Fact]
    public void ShardsThatWouldBeRemovedAreInputsToo()
    {
        string folder = CopyOf("sharded-safetensors");
        string index = Directory.GetFiles(folder, "*.index.json").Single();
        var error = Refuse(index, Path.Combine(folder, "model.safetensors"), new ConversionSettings { Replaces = true });
        Assert.Equal(CheckpointErrorIds.OutputIsInput, error.ErrorId);
    }

    [Fact]
    public void WhatIsThereIsReplacedOnlyWithLeave()
    {
        string source = FixtureFiles.PathOf("state-dict");
        Converted.Run(source, In("out.safetensors"));
        byte[] first = File.ReadAllBytes(In("out.safetensors"));

        Assert.Equal(CheckpointErrorIds.OutputExists, Refuse(source, In("out.safetensors"), new ConversionSettings()).ErrorId);
        Converted.Run(FixtureFiles.PathOf("resnet"), In("out.safetensors"), settings: new ConversionSettings { Replaces = true });

        Assert.NotEqual(first, File.ReadAllBytes(In("out.safetensors")));
        Assert.Equal(["out.safetensors"], Names());
    }

    [Fact]
    public void OneFileTakesThePlaceOfShardsAndShardsThatOfOneFile()
    {
        string source = FixtureFiles.PathOf("resnet");
        var replace = new ConversionSettings { Replaces = true };
        Converted.Run(source, In("out.pt"), new ConversionOptions { MaxShardSize = 500 });
        Assert.True(Names().Length > 2);

        Converted.Run(source, In("out.pt"), settings: replace);
        Assert.Equal(["out.pt"], Names());

        Converted.Run(source, In("out.pt"), new ConversionOptions { MaxShardSize = 500 }, replace);
        Assert.DoesNotContain("out.pt", Names());
        Assert.Equal(122, Converted.ReadAll(In("out.pt.index.json")).Count);
    }

    [Fact]
    public void ACancelledConversionLeavesNothing()
    {
        directory.Write("source.safetensors", new SafetensorsBytes().Add("a", new float[1 << 20]).Add("b", new float[1 << 20]).Build());
        using var source = new CancellationTokenSource();
        var plan = Converted.Plan(In("source.safetensors"), Path.Combine(directory.Path, "new"), new ConversionOptions { MaxShardSize = 4 << 20 });

        Assert.ThrowsAny<OperationCanceledException>(() => new ConversionRun(plan, new ConversionSettings()).Run(new Canceller(source), source.Token));

        Assert.Equal(["source.safetensors"], Names());
    }

    [Fact]
    public void AChangedSourceIsNoticedAndNothingIsLeft()
    {
        directory.Write("source.safetensors", SafetensorsBytes.One("w", 1, 2));
        var plan = Converted.Plan(In("source.safetensors"), In("out.pt"));
        directory.Write("source.safetensors", SafetensorsBytes.One("w", 1, 2, 3));

        var error = Assert.Throws<CheckpointException>(() => new ConversionRun(plan, new ConversionSettings()).Run(null, TestContext.Current.CancellationToken));

        Assert.Equal(CheckpointErrorIds.Changed, error.ErrorId);
        Assert.Equal(["source.safetensors"], Names());
    }

    [Fact]
    public void AShardWhoseDigestDiffersIsWrittenAnew()
    {
        var options = new ConversionOptions { MaxShardSize = 500 };
        string source = FixtureFiles.PathOf("resnet");
        var plan = Converted.Plan(source, In("out.safetensors"), options);
        Converted.Run(source, In("out.safetensors"), options);
        var expected = Directory.GetFiles(directory.Path).ToDictionary(path => path, File.ReadAllBytes);

        // As if a kill had come before the files took their places.
        string staging = In("out.safetensors.converting");
        Directory.CreateDirectory(staging);
        var journal = new ConversionJournal { Fingerprint = ConversionJournal.GetFingerprint(plan), Replaces = false };
        foreach (string path in expected.Keys)
        {
            File.Move(path, Path.Combine(staging, Path.GetFileName(path)));
        }

        foreach (var file in plan.Files)
        {
            string staged = Path.Combine(staging, file.Name);
            journal.Add(file.Name, ShardWriter.GetDigest(staged, staged, TestContext.Current.CancellationToken));
        }

        journal.Write(new Checkpoints.Sources.OutputDirectory(directory.Path, "out.safetensors"));
        byte[] broken = File.ReadAllBytes(Path.Combine(staging, plan.Files[1].Name));
        broken[^1] ^= 1;
        File.WriteAllBytes(Path.Combine(staging, plan.Files[1].Name), broken);

        var report = new ConversionRun(plan, new ConversionSettings { Resumes = true }).Run(null, TestContext.Current.CancellationToken);

        Assert.Equal(plan.Files.Count - 1, report.ResumedCount);
        Assert.Equal(expected.Keys.Order(), Directory.GetFileSystemEntries(directory.Path).Order());
        Assert.All(expected, item => Assert.Equal(item.Value, File.ReadAllBytes(item.Key)));
    }

    [Fact]
    public void ALinkInThePlaceOfTheFilesInTheMakingLeadsNowhere()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights there");
        Directory.CreateDirectory(In("others"));
        directory.Write("others/precious.txt", [1]);
        Directory.CreateSymbolicLink(In("out.pt.converting"), In("others"));
        string source = FixtureFiles.PathOf("state-dict");

        Assert.Equal(CheckpointErrorIds.ConversionUnfinished, Refuse(source, In("out.pt"), new ConversionSettings { Resumes = true }).ErrorId);
        Converted.Run(source, In("out.pt"), settings: new ConversionSettings { Replaces = true });

        Assert.Equal(["others", "out.pt"], Names());
        Assert.True(File.Exists(In("others/precious.txt")));
    }

    [Fact]
    public void AnIndexThatNamesFilesInTheMakingIsNotBelieved()
    {
        directory.Write("out.safetensors.index.json", """{"weight_map":{"w":"out.safetensors.converting/config.json"}}"""u8.ToArray());
        directory.Write("config.json", [1]);
        directory.Write("out.safetensors.converting/something", [1]);

        Converted.Run(FixtureFiles.PathOf("state-dict"), In("out.safetensors"), settings: new ConversionSettings { Replaces = true });

        Assert.Equal(["config.json", "out.safetensors"], Names());
    }

    [Fact]
    public void ADirectoryIsNotReplacedAndNotMadeForAFile()
    {
        string source = FixtureFiles.PathOf("state-dict");
        Directory.CreateDirectory(In("folder/state-dict.safetensors"));

        Assert.Equal(CheckpointErrorIds.OutputExists, Refuse(source, In("folder"), new ConversionSettings { Replaces = true }).ErrorId);
        Assert.Equal(CheckpointErrorIds.NotFound, Refuse(source, In("none/out.pt"), new ConversionSettings()).ErrorId);
        Assert.Equal(CheckpointErrorIds.OutputFormatUnknown, Refuse(source, In("out.onnx"), new ConversionSettings()).ErrorId);
        Assert.Equal(["folder"], Names());
    }

    [Fact]
    public void TheSameInputGivesTheSameBytes()
    {
        foreach (string name in (string[])["a.pt", "a.safetensors"])
        {
            Converted.Run(FixtureFiles.PathOf("resnet"), In(name));
            byte[] first = File.ReadAllBytes(In(name));
            Converted.Run(FixtureFiles.PathOf("resnet"), In(name), settings: new ConversionSettings { Replaces = true });
            Assert.Equal(first, File.ReadAllBytes(In(name)));
        }
    }

    private string In(string name) => Path.Combine(directory.Path, name);

    private string[] Names() => [.. Directory.GetFileSystemEntries(directory.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private string CopyOf(string fixture)
    {
        string folder = In(fixture);
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(FixtureFiles.PathOf(fixture)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return folder;
    }

    private static CheckpointException Refuse(string source, string destination, ConversionSettings settings) =>
        Assert.Throws<CheckpointException>(() => Converted.Run(source, destination, settings: settings));

    private sealed class Canceller(CancellationTokenSource source) : IProgress<VerificationProgress>
    {
        public void Report(VerificationProgress value) => source.Cancel();
    }
}

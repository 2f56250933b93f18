using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Tests.Conversion;

namespace LowMem.Checkpoints.Tests.Parts;

/// <summary>A join that was killed, at each moment at which the files take their places, is called again and comes to its end.</summary>
public sealed class KilledJoinTests : IDisposable
{
    private const string FinalIndex = "final.index.json";

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("lowmem-killed-join-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public void SomeFilesHaveTheirPlaces()
    {
        foreach (int moved in Enumerable.Range(0, 5))
        {
            var parts = Begin("moved", replaces: false, out var plan, out var output);
            foreach (var file in plan.Files.Take(moved))
            {
                output.Move(file.Name, file.Name);
            }

            Join(parts);

            AssertWhole(plan, $"{moved} files were moved");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheSetIsCompleteAndSomeFilesInTheMakingAreLeft(bool replaces)
    {
        foreach (int left in Enumerable.Range(0, 5))
        {
            var parts = Begin("left", replaces, out var plan, out var output);
            Join(parts);
            output.CreateStaging();
            foreach (var file in plan.Files.TakeLast(left))
            {
                File.Copy(output.GetPath(file.Name), output.GetStaged(file.Name));
            }

            Join(parts);

            AssertWhole(plan, $"{left} files in the making were left");
        }
    }

    [Fact]
    public void TheIndexNamesFilesInTheMakingAndSomeHaveTheirPlacesToo()
    {
        foreach (int linked in Enumerable.Range(0, 5))
        {
            var parts = Begin("half", replaces: true, out var plan, out var output);
            File.WriteAllBytes(output.GetStaged(FinalIndex), plan.MakeIndex!(string.Empty));
            File.WriteAllBytes(output.GetPath(plan.Destination.IndexName), plan.MakeIndex!(output.StagingName + "/"));
            foreach (var file in plan.Files.Take(linked))
            {
                output.Link(file.Name);
            }

            // No part may write over what is read now.
            Assert.Equal(CheckpointErrorIds.ConversionUnfinished, Assert.Single(PartJob.Join(RunParts(plan, replaces: true))).Problem!.ErrorId);
            var unfinished = Assert.Throws<CheckpointException>(() => new ConversionRun(plan, new ConversionSettings()).Run(null, TestContext.Current.CancellationToken));
            Assert.Contains("do not remove it", unfinished.Message, StringComparison.Ordinal);

            Join(parts);

            AssertWhole(plan, $"{linked} files were linked");
        }
    }

    [Fact]
    public void AFileOfAnotherConversionIsNotTakenForOneThatHasItsPlace()
    {
        var parts = Begin("foreign", replaces: true, out var plan, out var output);
        output.RemoveStaged(plan.Files[0].Name);

        var error = Assert.Throws<CheckpointException>(() => Join(parts));

        Assert.Equal(CheckpointErrorIds.PartsNotWhole, error.ErrorId);
        Assert.Contains($"'{plan.Files[0].Name}' is not there", error.Message, StringComparison.Ordinal);
    }

    private static void Join(IEnumerable<CheckpointPart> parts) =>
        Assert.Single(PartJob.Join(parts)).Conversion!.Run(replaces: false, TestContext.Current.CancellationToken);

    /// <summary>All parts of a conversion, which wait for the join; where they replace, an older set of the same names is there.</summary>
    private List<CheckpointPart> Begin(string name, bool replaces, out ConversionPlan plan, out OutputDirectory output)
    {
        string folder = Path.Combine(directory.FullName, name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        string destination = Path.Combine(folder, "set.safetensors");
        plan = Converted.Plan(Write("new", 1), destination, new ConversionOptions { MaxShardSize = 4096 });
        if (replaces)
        {
            Converted.Run(Write("old", 2), destination, new ConversionOptions { MaxShardSize = 4096 });
        }

        output = new OutputDirectory(folder, "set.safetensors");
        return RunParts(plan, replaces);
    }

    private List<CheckpointPart> RunParts(ConversionPlan plan, bool replaces) => PartJob.RunAll(
        2,
        () => new ConversionOperation(_ => new ConversionRequest(plan, new ConversionSettings { Replaces = replaces }), PartJob.NoOptions),
        Path.Combine(directory.FullName, "new.safetensors"));

    private void AssertWhole(ConversionPlan plan, string when)
    {
        string folder = plan.Destination.Directory;
        Assert.Equal([.. plan.Files.Select(file => file.Name), plan.Destination.IndexName], Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.True(Converted.ReadAll(Path.Combine(folder, plan.Destination.IndexName)).Values.All(bytes => BitConverter.ToSingle(bytes) == 1), when);
    }

    private string Write(string name, float value)
    {
        var file = new Builders.SafetensorsBytes();
        for (int i = 0; i < 8; i++)
        {
            file.Add($"w{i}", Enumerable.Repeat(value, 512).ToArray());
        }

        string path = Path.Combine(directory.FullName, name + ".safetensors");
        File.WriteAllBytes(path, file.Build());
        return path;
    }
}

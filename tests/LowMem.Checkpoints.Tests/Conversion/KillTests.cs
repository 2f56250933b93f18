using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Conversion;

/// <summary>A conversion that is killed at any moment leaves the old set or the new one, and nothing that -Resume or -Force does not end.</summary>
[Collection(RunsAlone.Name)]
public sealed class KillTests : IDisposable
{
    /// <summary>So many processes are killed, each at a random moment of as many conversions as there are jobs.</summary>
    private const int Kills = 25;

    // Where there is a disk in memory, a flush takes no time, and the moments lie closer to the renames.
    private readonly DirectoryInfo directory = Directory.Exists("/dev/shm")
        ? Directory.CreateDirectory($"/dev/shm/lowmem-kill-{Guid.NewGuid():N}")
        : Directory.CreateTempSubdirectory("lowmem-kill-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public void ThereIsTheOldSetOrTheNewOne()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a process cannot be killed there between two system calls in the same way");
        string one = Write("one.safetensors", 1);
        string other = Write("other.safetensors", 2);
        var jobs = new (string One, string Other, string Destination, long ShardSize, long OtherShardSize)[]
        {
            // The same names of shards, other numbers of them, one file and several, and one file each; each twice.
            (one, other, "same.safetensors", 4096, 4096), (one, other, "same.pt", 4096, 4096),
            (one, other, "number.safetensors", 4096, 9000), (one, other, "number.pt", 4096, 9000),
            (one, other, "kind.safetensors", 0, 4096), (one, other, "kind.pt", 4096, 0),
            (one, other, "file.safetensors", 0, 0), (one, other, "file.pt", 0, 0),
        };
        jobs = [.. jobs.Select(job => job with { Destination = Path.Combine(directory.FullName, job.Destination.Replace('.', '-'), job.Destination) })];
        var expected = jobs.ToDictionary(job => job.Destination, job => (One: Expect(job.One, job.Destination, job.ShardSize), Other: Expect(job.Other, job.Destination, job.OtherShardSize)));
        var random = new Random(7);
        var leftovers = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            using (var child = KilledChild.Start(jobs))
            {
                Thread.Sleep(random.Next(60));
                child.Kill();
                child.WaitForExit();
            }

            foreach (var job in jobs)
            {
                AssertOneOrOther(job.Destination, expected[job.Destination]);
                leftovers += Recover(job, kill % 2 == 0) ? 1 : 0;
                var set = ReadSet(job.Destination);
                Assert.True(Same(set, expected[job.Destination].One) || Same(set, expected[job.Destination].Other), $"kill {kill} of {job.Destination}: {string.Join(", ", set.Keys)}");
            }
        }

        // Else the kills came too early or too late to show anything.
        Assert.True(leftovers > Kills, $"{leftovers} conversions were interrupted");
    }

    /// <summary>
    /// The last moments of a conversion, which a kill at random seldom finds: the index has its place, and some of the files in the making
    /// are removed, or none.
    /// </summary>
    [Theory]
    [InlineData(true, 4096)]
    [InlineData(true, 9000)]
    [InlineData(false, 4096)]
    public void ASetThatWasCompleteIsThereAfterResume(bool replaces, long oldShardSize)
    {
        string source = Write("new.safetensors", 1);
        string destination = Path.Combine(directory.FullName, "out", "set.safetensors");
        var expected = Expect(source, destination, 4096);
        Assert.True(expected.Count > 2, "an index, and two shards at least");
        for (int left = 0; left < expected.Count; left++)
        {
            Directory.Delete(Path.GetDirectoryName(destination)!, recursive: true);
            Directory.CreateDirectory(Path.GetDirectoryName(destination)!);
            if (replaces)
            {
                Expect(Write("old.safetensors", 2), destination, oldShardSize);
            }

            var plan = KilledChild.Plan(source, destination, 4096);
            new ConversionRun(plan, new ConversionSettings { Replaces = replaces }).Run(null, TestContext.Current.CancellationToken);
            LeaveBehind(plan, replaces, left);

            new ConversionRun(plan, new ConversionSettings { Resumes = true }).Run(null, TestContext.Current.CancellationToken);

            Assert.True(Same(ReadSet(destination), expected), $"{left} files in the making were left: {string.Join(", ", ReadSet(destination).Keys)}");
        }
    }

    /// <summary>What is there when a kill comes while the files in the making are removed: the journal, and the last of them.</summary>
    private static void LeaveBehind(ConversionPlan plan, bool replaces, int count)
    {
        var output = new OutputDirectory(plan.Destination.Directory, plan.Destination.FileName);
        output.CreateStaging();
        var journal = new ConversionJournal { Fingerprint = ConversionJournal.GetFingerprint(plan), Replaces = replaces };
        foreach (var file in plan.Files)
        {
            journal.Add(file.Name, ShardWriter.GetDigest(output.GetPath(file.Name), file.Name, TestContext.Current.CancellationToken));
        }

        journal.Write(output);
        foreach (var file in plan.Files.TakeLast(count))
        {
            File.Copy(output.GetPath(file.Name), output.GetStaged(file.Name));
        }
    }

    /// <summary>Ends what was interrupted, as a user would.</summary>
    private static bool Recover((string One, string Other, string Destination, long ShardSize, long OtherShardSize) job, bool resume)
    {
        bool isLeft = Directory.Exists(job.Destination + ".converting");
        if (!isLeft)
        {
            return false;
        }

        var error = Assert.Throws<CheckpointException>(() => Run(job.One, job, new ConversionSettings()));
        Assert.Contains(error.ErrorId, (string[])[CheckpointErrorIds.ConversionUnfinished, CheckpointErrorIds.OutputExists]);
        if (!resume)
        {
            Run(job.One, job, new ConversionSettings { Replaces = true });
            return true;
        }

        foreach (string source in (string[])[job.One, job.Other])
        {
            try
            {
                Run(source, job, new ConversionSettings { Resumes = true });
                return true;
            }
            catch (CheckpointException unfit) when (unfit.ErrorId == CheckpointErrorIds.ConversionUnfinished)
            {
                // That of the other checkpoint goes on.
            }
            catch (CheckpointException exists) when (exists.ErrorId == CheckpointErrorIds.OutputExists)
            {
                // Killed before anything was recorded: nobody knows any more that it was allowed to replace what is there.
                Run(source, job, new ConversionSettings { Resumes = true, Replaces = true });
                return true;
            }
        }

        Assert.Fail($"{job.Destination}: neither conversion goes on");
        return true;
    }

    private static void Run(string source, (string One, string Other, string Destination, long ShardSize, long OtherShardSize) job, ConversionSettings settings) =>
        new ConversionRun(KilledChild.Plan(source, job.Destination, source == job.One ? job.ShardSize : job.OtherShardSize), settings)
            .Run(null, TestContext.Current.CancellationToken);

    private static void AssertOneOrOther(string destination, (Dictionary<string, byte[]> One, Dictionary<string, byte[]> Other) expected)
    {
        string[] there = [.. ((string[])[destination, destination + ".index.json"]).Where(File.Exists)];
        Assert.NotEmpty(there);
        foreach (string path in there)
        {
            var values = Converted.ReadAll(path);
            float first = BitConverter.ToSingle(values["w0"]);
            Assert.Contains(first, (float[])[1, 2]);
            Assert.Equal(8, values.Count);
            Assert.All(values.Values, value => Assert.All(Enumerable.Range(0, value.Length / 4), i => Assert.Equal(first, BitConverter.ToSingle(value, i * 4))));
        }
    }

    private string Write(string name, float value)
    {
        var file = new SafetensorsBytes();
        for (int i = 0; i < 8; i++)
        {
            file.Add($"w{i}", Enumerable.Repeat(value, 512).ToArray());
        }

        File.WriteAllBytes(Path.Combine(directory.FullName, name), file.Build());
        return Path.Combine(directory.FullName, name);
    }

    /// <summary>What a conversion that nobody interrupts writes; the last of them is what is there at the start.</summary>
    private static Dictionary<string, byte[]> Expect(string source, string destination, long shardSize)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(destination)!);
        new ConversionRun(KilledChild.Plan(source, destination, shardSize), new ConversionSettings { Replaces = true }).Run(null, TestContext.Current.CancellationToken);
        return ReadSet(destination);
    }

    private static Dictionary<string, byte[]> ReadSet(string destination) =>
        Directory.GetFileSystemEntries(Path.GetDirectoryName(destination)!).ToDictionary(path => path, File.ReadAllBytes);

    private static bool Same(Dictionary<string, byte[]> left, Dictionary<string, byte[]> right) =>
        left.Count == right.Count && left.All(item => right.TryGetValue(item.Key, out byte[]? bytes) && item.Value.AsSpan().SequenceEqual(bytes));
}

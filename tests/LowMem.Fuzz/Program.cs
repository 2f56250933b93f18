using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using LowMem.Fuzz;

// fuzz <target>|all [--seconds N] [--seed N] [--findings DIRECTORY]
// Each file is written before it is read, so that even one that ends the process is left behind.
string chosen = args.FirstOrDefault(argument => !argument.StartsWith("--", StringComparison.Ordinal)) ?? "all";
int seconds = int.Parse(Option("--seconds", "60"), System.Globalization.CultureInfo.InvariantCulture);
int seed = int.Parse(Option("--seed", "1"), System.Globalization.CultureInfo.InvariantCulture);
string findings = Option("--findings", Path.Combine(Path.GetTempPath(), "lowmem-fuzz-findings"));
string fixtures = typeof(FuzzTarget).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "FixtureDirectory").Value!;
var targets = FuzzTarget.All.Where(target => chosen == "all" || target.Name == chosen).ToList();
if (targets.Count == 0)
{
    Console.Error.WriteLine($"There is no target '{chosen}'. There are: {string.Join(", ", FuzzTarget.All.Select(target => target.Name))}.");
    return 2;
}

int total = targets.Sum(Fuzz);
return total == 0 ? 0 : 1;

int Fuzz(FuzzTarget target)
{
    var seeds = Seed.Load(fixtures, target);
    if (seeds.Count == 0)
    {
        Console.WriteLine($"{target.Name}: no fixtures");
        return 0;
    }

    var random = new Random(seed);
    var mutator = new Mutator(random, target.Words);
    string work = Directory.CreateTempSubdirectory("lowmem-fuzz-").FullName;
    var started = Stopwatch.StartNew();
    var distinct = new HashSet<string>(StringComparer.Ordinal);
    long executions = 0;
    Seed? previous = null;
    while (started.Elapsed.TotalSeconds < seconds)
    {
        var chosenSeed = seeds[random.Next(seeds.Count)];
        byte[] content = mutator.Mutate(chosenSeed.Content, seeds[random.Next(seeds.Count)].Content);
        string path = Write(work, target, chosenSeed, content, previous);
        previous = chosenSeed;
        executions++;
        if (Execution.Run(path) is { } problem && distinct.Add(Kind(problem)))
        {
            Directory.CreateDirectory(findings);
            string name = Path.Combine(findings, $"{target.Name}-{distinct.Count}-{chosenSeed.File}");
            File.WriteAllBytes(name, target.Name == "pickle" ? Archive(content) : content);
            File.WriteAllText(name + ".txt", $"{chosenSeed.Name}/{chosenSeed.File}\n{problem}\n");
            Console.WriteLine($"{target.Name}: {name}: {problem.Split('\n')[0]}");
        }
    }

    Directory.Delete(work, recursive: true);
    Console.WriteLine($"{target.Name}: {executions} executions in {started.Elapsed.TotalSeconds:F0} s from {seeds.Count} seeds, {distinct.Count} findings");
    return distinct.Count;
}

static string Write(string work, FuzzTarget target, Seed chosenSeed, byte[] content, Seed? previous)
{
    if (chosenSeed.Beside.Count == 0)
    {
        string path = Path.Combine(work, "file");
        File.WriteAllBytes(path, target.Name == "pickle" ? Archive(content) : content);
        return path;
    }

    string directory = Path.Combine(work, "directory");
    if (previous != chosenSeed)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }

        Directory.CreateDirectory(directory);
        foreach (var (name, bytes) in chosenSeed.Beside)
        {
            File.WriteAllBytes(Path.Combine(directory, name), bytes);
        }
    }

    File.WriteAllBytes(Path.Combine(directory, chosenSeed.File), content);
    return directory;
}

// A pickle is wrapped in an archive with a storage under each of the first keys, so that its tensors find their bytes.
static byte[] Archive(byte[] pickle)
{
    using var archive = new MemoryStream();
    using (var zip = new ZipArchive(archive, ZipArchiveMode.Create, leaveOpen: true))
    {
        Add("archive/data.pkl", pickle);
        for (int i = 0; i < 4; i++)
        {
            Add($"archive/data/{i}", new byte[24 << i]);
        }

        void Add(string name, byte[] bytes)
        {
            using var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
            stream.Write(bytes);
        }
    }

    return archive.ToArray();
}

static string Kind(string problem) => problem.StartsWith("slow", StringComparison.Ordinal) || problem.StartsWith("memory", StringComparison.Ordinal)
    ? problem[..4]
    : string.Concat(problem.Split('\n').Where(line => line.TrimStart().StartsWith("at ", StringComparison.Ordinal)).Take(3));

string Option(string name, string otherwise)
{
    int place = Array.IndexOf(args, name);
    return place >= 0 && place + 1 < args.Length ? args[place + 1] : otherwise;
}

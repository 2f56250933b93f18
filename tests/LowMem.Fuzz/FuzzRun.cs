using System.Diagnostics;

namespace LowMem.Fuzz;

/// <summary>
/// One target for some time: an input is changed and executed, and kept when it took an edge that none took before. Each
/// file is written before it is read, so that even one that ends the process is left behind.
/// </summary>
internal sealed class FuzzRun : IDisposable
{
    /// <summary>By the clock: more than any load of the machine can make of two seconds.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(2);

    private readonly FuzzTarget target;
    private readonly FuzzOptions options;
    private readonly Corpus corpus;
    private readonly CoverageMap coverage = new();
    private readonly HashSet<string> kinds = new(StringComparer.Ordinal);
    private readonly string work = Directory.CreateTempSubdirectory("lowmem-fuzz-").FullName;
    private readonly Timer watchdog;
    private Seed? beside;
    private long executions;

    public FuzzRun(FuzzTarget target, FuzzOptions options)
    {
        this.target = target;
        this.options = options;
        corpus = new Corpus(options.Corpus is null ? null : Path.Combine(options.Corpus, target.Name));
        watchdog = new Timer(_ => Environment.FailFast($"{target.Name}: no end after {MaxWait.TotalSeconds:F0} s; the input is in {work}"));
    }

    /// <summary>Runs, and says how many kinds of findings there were.</summary>
    public int Run()
    {
        var started = Stopwatch.StartNew();
        var fixtures = Seed.Load(BuildPaths.Fixtures, target);
        foreach (var fixture in fixtures.Where(fixture => fixture.Content.Length > 0))
        {
            corpus.Add(fixture);
            _ = Execute(fixture);
        }

        if (coverage.Edges == 0)
        {
            throw new InvalidOperationException($"{target.Name}: no fixture took a branch that is counted, so that nothing would guide the run");
        }

        foreach (var kept in corpus.Load(fixtures))
        {
            if (Execute(kept))
            {
                corpus.Add(kept);
            }
        }

        int before = corpus.Count;
        int edges = coverage.Edges;
        var random = new Random(options.Seed);
        var mutator = new Mutator(random, target.Words);
        while (started.Elapsed.TotalSeconds < options.Seconds)
        {
            var seed = corpus.Pick(random);
            var changed = seed with { Content = mutator.Mutate(seed.Content, corpus[random.Next(corpus.Count)].Content) };
            if (Execute(changed))
            {
                corpus.Keep(changed);
            }
        }

        Console.WriteLine(
            $"{target.Name}: {executions} executions in {started.Elapsed.TotalSeconds:F0} s, {edges} edges of {before} inputs became "
            + $"{coverage.Edges} of {corpus.Count}, {kinds.Count} findings");
        return kinds.Count;
    }

    public void Dispose()
    {
        watchdog.Dispose();
        coverage.Dispose();
        Directory.Delete(work, recursive: true);
    }

    /// <summary>True when the input took an edge that none before it took, twice: what other threads do is no news.</summary>
    private bool Execute(Seed seed)
    {
        string path = Write(seed, target.Envelope.Wrap(seed.Content, seed.Source));
        if (Execute(path) is { } problem)
        {
            // What was slow once is tried again.
            if (!problem.StartsWith("slow", StringComparison.Ordinal) || Execute(path) is not null)
            {
                Report(seed, problem);
            }

            return false;
        }

        var found = coverage.FindNew();
        return found.Count > 0 && Execute(path) is null && coverage.Confirm(found);
    }

    private string? Execute(string path)
    {
        executions++;
        coverage.Start();
        watchdog.Change(MaxWait, Timeout.InfiniteTimeSpan);
        string? problem = Execution.Run(target.Inspect, path);
        watchdog.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return problem;
    }

    private string Write(Seed seed, byte[] content)
    {
        if (seed.Beside.Count == 0)
        {
            string path = Path.Combine(work, "file");
            File.WriteAllBytes(path, content);
            return path;
        }

        string directory = Path.Combine(work, "directory");
        if (!ReferenceEquals(beside?.Beside, seed.Beside))
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }

            Directory.CreateDirectory(directory);
            foreach (var (name, bytes) in seed.Beside)
            {
                string path = Path.Combine(directory, name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, bytes);
            }

            beside = seed;
        }

        File.WriteAllBytes(Path.Combine(directory, seed.File), content);
        return directory;
    }

    private void Report(Seed seed, string problem)
    {
        if (!kinds.Add(Kind(problem)))
        {
            return;
        }

        Directory.CreateDirectory(options.Findings);
        string name = Path.Combine(options.Findings, $"{target.Name}-{kinds.Count}-{seed.File}");
        File.WriteAllBytes(name, target.Envelope.Wrap(seed.Content, seed.Source));
        File.WriteAllText(name + ".txt", $"{seed.Name}/{seed.File}\n{problem}\n");
        Console.WriteLine($"{target.Name}: {name}: {problem.Split('\n')[0]}");
    }

    /// <summary>Findings of one kind come from one place.</summary>
    private static string Kind(string problem) =>
        problem.StartsWith("slow", StringComparison.Ordinal) || problem.StartsWith("memory", StringComparison.Ordinal)
            ? problem[..4]
            : string.Concat(problem.Split('\n').Where(line => line.TrimStart().StartsWith("at ", StringComparison.Ordinal)).Take(3));
}

using LowMem.Benchmarks;
using LowMem.Benchmarks.Cases;

// A case, in the process that is watched: case <name> <its arguments>
if (args is ["case", var name, .. var arguments])
{
    CaseHost.Run(name, arguments);
    return 0;
}

if (BenchmarkOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(BenchmarkOptions.Usage);
    return 64;
}

IReadOnlyList<IBenchmark> benchmarks =
[
    new LoadBenchmark(), new ColdBenchmark(), new ForwardBenchmark(), new TensorCountBenchmark(), new SparseBenchmark(), new ListingBenchmark(), new SafetyBenchmark(),
    new VerifyBenchmark(), new PassBenchmark(), new GatherBenchmark(), new StatisticsBenchmark(), new CompareBenchmark(), new ConvertBenchmark(),
    new FolderBenchmark(), new ExploreBenchmark(), new StartupBenchmark(),
];
if (options.Only.FirstOrDefault(only => benchmarks.All(benchmark => benchmark.Name != only)) is { } unknown)
{
    Console.Error.WriteLine($"There is no benchmark '{unknown}'; there are {string.Join(", ", benchmarks.Select(benchmark => benchmark.Name))}.");
    return 64;
}

var directory = Directory.CreateTempSubdirectory("lowmem-bench-");
var stopped = false;
Console.CancelKeyPress += (_, _) => Delete();
try
{
    var chosen = benchmarks.Where(benchmark => options.Only.Count == 0 || options.Only.Contains(benchmark.Name)).ToList();
    var sections = new List<Section>();
    var unmeasured = chosen.ConvertAll(benchmark => benchmark.Name);
    foreach (var benchmark in chosen)
    {
        try
        {
            sections.Add(benchmark.Run(directory.FullName, options));
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"'{benchmark.Name}' was not measured: {error.Message}");
            continue;
        }

        // What has been measured is written at once: a run that ends early has not been for nothing.
        unmeasured.Remove(benchmark.Name);
        if (options.Page is { } page)
        {
            PerformancePage.Write(page, Report.ToMarkdown(sections, unmeasured, options));
        }
    }

    Console.WriteLine(Report.ToMarkdown(sections, unmeasured, options));
    var missed = sections.SelectMany(section => section.Targets).Where(target => !target.IsMet).ToList();
    missed.ForEach(target => Console.Error.WriteLine($"Missed: {target.Name}: {target.Measured}; the target is {target.Limit}."));
    return missed.Count == 0 && unmeasured.Count == 0 ? 0 : 1;
}
finally
{
    Delete();
}

// Gigabytes are not left behind when the run is interrupted, either.
void Delete()
{
    lock (directory)
    {
        if (!stopped)
        {
            stopped = true;
            directory.Delete(recursive: true);
        }
    }
}

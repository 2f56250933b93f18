using System.Diagnostics;
using System.Globalization;
using LowMem.Differential;

// differential [--count N] [--seconds N] [--seed N] [--python PATH]
long count = 20_000;
double seconds = 600;
int seed = 1;
string pythonPath = "python3";
for (int i = 0; i + 1 < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--count":
            count = long.Parse(args[i + 1], CultureInfo.InvariantCulture);
            break;
        case "--seconds":
            seconds = double.Parse(args[i + 1], CultureInfo.InvariantCulture);
            break;
        case "--seed":
            seed = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
            break;
        case "--python":
            pythonPath = args[i + 1];
            break;
        default:
            Console.Error.WriteLine($"There is no option '{args[i]}'.");
            return 2;
    }
}

using var python = PythonReader.TryStart(pythonPath, out string reason);
if (python is null)
{
    Console.WriteLine($"differential: skipped, since {reason}");
    return 0;
}

var run = new DifferentialRun(python, seed);
var started = Stopwatch.StartNew();
run.Run(count, TimeSpan.FromSeconds(seconds));
foreach (var (pickle, difference) in run.Differences.Take(20))
{
    Console.WriteLine($"{Convert.ToHexStringLower(pickle)}\n  {difference}");
}

foreach (var (why, (times, pickle)) in run.OnlyPython.OrderByDescending(item => item.Value.Count))
{
    Console.WriteLine($"refused {times} times, read by CPython: {why}\n  {Convert.ToHexStringLower(pickle)}");
}

Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"differential: {run.Count} pickles of seed {seed} in {started.Elapsed.TotalSeconds:F0} s: {run.DifferenceCount} read differently, {run.BothRead} read by both, {run.OnlyOurs} by us only, {run.OnlyPython.Values.Sum(item => item.Count)} by CPython only; CPython died {python.Deaths} times"));
return run.DifferenceCount == 0 ? 0 : 1;

using System.Globalization;
using System.Text;
using LowMem.Benchmarks.Cases;
using LowMem.CheckpointMaker;

namespace LowMem.Benchmarks;

/// <summary>All ways to load one model.</summary>
internal sealed class LoadTable(WideBoringModel model, IReadOnlyList<(string Name, CaseResult Result)> rows)
{
    private const double MebiByte = 1 << 20;
    private const double MappedMilliseconds = 25;
    private const double MappedGrowth = 16;
    private const double ResidentOverCat = 1.5;
    private const double ResidentOverPyTorch = 0.1;
    private const double ResidentSlack = 48;
    private const double ForwardOverResident = 1.1;

    /// <summary>The bytes of the values.</summary>
    public long Bytes { get; } = model.GetByteLength();

    /// <summary>The figures of a way, found by the end of its name; null when it did not run.</summary>
    public CaseResult? Get(string name) => rows.FirstOrDefault(row => row.Name.EndsWith(name, StringComparison.Ordinal)).Result;

    /// <summary>What was promised for models of any size.</summary>
    public IEnumerable<Target> GetTargets()
    {
        var size = string.Create(CultureInfo.InvariantCulture, $"{Bytes / MebiByte / 1024:0.0} GiB");
        var mapped = Get(Contender.MappedName)!;
        var resident = Get(Contender.ResidentName)!;
        yield return Target.AtMost($"mapped: bind {size}", mapped[Step.Loaded].Value * 1000, MappedMilliseconds, "{0:0.0} ms");
        yield return Target.AtMost("mapped: private growth", mapped.PeakGrowth / MebiByte, MappedGrowth, "{0:0.0} MiB");
        if (Get(Contender.CatName) is { } cat)
        {
            yield return Target.AtMost(
                "resident: time over `cat`", Ratio(resident, cat), ResidentOverCat, "{0:0.00} times");
        }

        if (Get(Contender.PyTorchName) is { } python)
        {
            yield return Target.AtMost(
                "resident: time over PyTorch's", Ratio(resident, python), ResidentOverPyTorch, "{0:0.000} times");
        }

        yield return Target.AtMost(
            "resident: peak private over the model", (resident.PeakGrowth - Bytes) / MebiByte, ResidentSlack, "{0:0.0} MiB");
        yield return Target.AtMost(
            "mapped: forward over resident's, pages warm", mapped[Step.Ran].Seconds / resident[Step.Ran].Seconds, ForwardOverResident, "{0:0.00} times");

        // All of them must have loaded the same values. Releases of PyTorch add up in different orders.
        var sums = rows.Where(row => row.Result.Steps.ContainsKey(Step.Used)).Select(row => row.Result[Step.Used].Value).ToList();
        yield return Target.AtMost("all ways: sums of the norms differ by", (sums.Max() / sums.Min()) - 1, 1e-4, "{0:0.0e+0}");
    }

    /// <summary>The table.</summary>
    public string ToMarkdown()
    {
        var cat = Get(Contender.CatName);
        var python = Get(Contender.PyTorchName);
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"A float32 model of {Bytes / MebiByte:0.0} MiB in {model.GetTensors().Count} tensors:");
        text.AppendLine();
        text.AppendLine("| way to load | build, ms | load, ms | of which bind | over `cat` | over PyTorch's | use, ms | forward, ms | peak, MiB | peak, in models | kept, in models |");
        text.AppendLine("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var (name, result) in rows)
        {
            var load = result[Step.Loaded];
            var over = cat is null ? "" : Text($"{Ratio(result, cat):0.00}");
            var overPython = python is null ? "" : Text($"{Ratio(result, python):0.000}");
            var hasMemory = name != Contender.CatName;
            var memory = hasMemory
                ? Text($"{result.PeakGrowth / MebiByte:0.0} | {result.PeakGrowth / (double)Bytes:0.000} | {load.KeptGrowth / (double)Bytes:0.000}")
                : " | | ";
            text.Append(Text($"| {name} | {Milliseconds(result, Step.Built)} | {load.Seconds * 1000:0.0} | {Bind(result)} | {over} | {overPython} "));
            text.AppendLine(Text($"| {Milliseconds(result, Step.Used)} | {Milliseconds(result, Step.Ran)} | {memory} |"));
        }

        if (python is not null && cat is not null)
        {
            text.AppendLine();
            text.AppendLine(Text(
                $"{ResidentOverPyTorch:0.0} of PyTorch's time is {ResidentOverPyTorch * python[Step.Loaded].Seconds * 1000:0.0} ms: as long as `cat` needs to read {ResidentOverPyTorch / Ratio(cat, python):0.00} of the file, and to keep none of it."));
        }

        if (Get(Contender.MappedName) is { } mapped)
        {
            text.AppendLine();
            var again = mapped[Step.LoadedAgain];
            text.AppendLine(Text(
                $"A second mapped load in the same process, whose code is compiled by then, takes {again.Seconds * 1000:0.0} ms, {again.Value * 1000:0.0} of it to bind."));
        }

        return text.ToString();
    }

    private static double Ratio(CaseResult result, CaseResult other) => result[Step.Loaded].Seconds / other[Step.Loaded].Seconds;

    private static string Milliseconds(CaseResult result, string step) =>
        result.Steps.TryGetValue(step, out var figures) ? Text($"{figures.Seconds * 1000:0}") : "";

    private static string Bind(CaseResult result) =>
        result.Steps.ContainsKey(Step.Built) && result[Step.Loaded].Value > 0 ? Text($"{result[Step.Loaded].Value * 1000:0.0}") : "";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using LowMem.Checkpoints;
using LowMem.Checkpoints.Containers.Zip;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Formats.PyTorch.Zip;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Safety.WeightsOnly;
using LowMem.Checkpoints.Sources;

namespace LowMem.Benchmarks.Cases;

/// <summary>
/// Lists a checkpoint, and takes two passes of that by themselves: what the pickles name and what hides in them, and what
/// <c>weights_only</c> says. Each the second time, by code that is compiled.
/// </summary>
internal static class SafetyCase
{
    /// <summary>The name of the case.</summary>
    public const string Name = "safety";

    /// <summary>The step of all that listing does.</summary>
    public const string All = Step.Loaded;

    /// <summary>The step of the globals and of what is hidden.</summary>
    public const string Globals = "globals";

    /// <summary>The step of <c>weights_only</c>.</summary>
    public const string WeightsOnly = "weights-only";

    private const int Rounds = 7;

    /// <summary>Runs the case.</summary>
    public static void Run(string path)
    {
        using var file = CheckpointLocation.Local.Open(path);
        var archive = ZipDirectoryReader.Read(file, CancellationToken.None);
        var entry = archive.Entries.First(each => each.Name.EndsWith("/data.pkl", StringComparison.Ordinal));
        var prefix = entry.Name[..^"data.pkl".Length];
        var input = archive.OpenPickle(entry, file.Length, out var offset);
        var source = new PickleSource(file.Name, "data.pkl", offset, PickleSource.BudgetFor(file.Length));
        var pickle = PickleMachine.Read(input, source, persistentLoader: null, CancellationToken.None, new OrdinaryTensorPattern());

        Step.Say(Step.Ready);
        Measure(All, () => Checkpoint.Open(path).Tensors.Count);
        Measure(Globals, () => GlobalReport.Of([pickle], HiddenRecords.Read(archive, entry, [prefix + "data/"], file.Length, CancellationToken.None), CancellationToken.None).All.Count);
        Measure(WeightsOnly, () => WeightsOnlyCheck.Of(input, source, CancellationToken.None).IsAccepted ? 1 : 0);
    }

    /// <summary>The median of some rounds, after one that compiles.</summary>
    private static void Measure(string step, Func<double> action)
    {
        var value = action();
        var times = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            action();
            times.Add(System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        Step.Say(step, CaseResult.Median(times), value);
    }
}

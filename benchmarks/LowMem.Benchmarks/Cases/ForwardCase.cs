using System.Diagnostics;
using LowMem.CheckpointMaker;

namespace LowMem.Benchmarks.Cases;

/// <summary>
/// Forward passes of one model in three kinds of memory, in turn in one process: whatever differs between two processes,
/// or between the first pass and later ones, is the same for all.
/// </summary>
internal static class ForwardCase
{
    /// <summary>The name of the case.</summary>
    public const string Name = "forward";

    /// <summary>The C heap: small pages, as everything has them that asks for nothing else.</summary>
    public const string SmallPages = "small-pages";

    private const int Rounds = 15;

    /// <summary>The kinds of memory; each is a step whose value is the median of its time over that of a resident model.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [LoadCase.Resident, LoadCase.Mapped, SmallPages];

    /// <summary>Runs the case.</summary>
    public static void Run(string path, WideBoringModel size)
    {
        Step.Say(Step.Ready);
        var models = Kinds.Select(kind => LoadCase.CreateLoaded(kind == SmallPages ? LoadCase.Naive : kind, path, size)).ToList();

        // Every page has been used and every method is compiled before anything is measured.
        models.ForEach(model => LoadCase.AddNorms(model));
        models.ForEach(model => LoadCase.Forward(model));
        var times = Kinds.Select(_ => new double[Rounds]).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            for (var turn = 0; turn < models.Count; turn++)
            {
                // Another one begins each time.
                var kind = (round + turn) % models.Count;
                var started = Stopwatch.GetTimestamp();
                LoadCase.Forward(models[kind]);
                times[kind][round] = Stopwatch.GetElapsedTime(started).TotalSeconds;
            }
        }

        for (var kind = 0; kind < models.Count; kind++)
        {
            var ratios = times[kind].Zip(times[0], (time, resident) => time / resident);
            Step.Say(Kinds[kind], CaseResult.Median(times[kind]), CaseResult.Median(ratios));
            models[kind].Dispose();
        }
    }
}

using LowMem.Checkpoints;
using LowMem.Checkpoints.Comparison;
using LowMem.Checkpoints.Formats;

namespace LowMem.Benchmarks.Cases;

/// <summary>Compares two checkpoints, or two layouts of one: the first time in a process, and again.</summary>
internal static class CompareCase
{
    /// <summary>The name of the case.</summary>
    public const string Name = "compare";

    /// <summary>Runs the case.</summary>
    public static void Run(string reference, string difference)
    {
        double Compare()
        {
            var comparison = new CheckpointComparison(Checkpoint.Open(reference), Checkpoint.Open(difference));
            return comparison.Run(null, default).Differences.Count;
        }

        Step.Say(Step.Ready);
        Step.Run(Step.Loaded, Compare);
        Step.Run(Step.LoadedAgain, Compare);
    }
}

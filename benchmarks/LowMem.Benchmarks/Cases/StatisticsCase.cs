using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Values.Statistics;

namespace LowMem.Benchmarks.Cases;

/// <summary>The figures of all tensors of a checkpoint: the first time in a process, and again.</summary>
internal static class StatisticsCase
{
    /// <summary>The name of the case.</summary>
    public const string Name = "statistics";

    /// <summary>Runs the case.</summary>
    public static void Run(string path)
    {
        double Scan()
        {
            var checkpoint = Checkpoint.Open(path);
            return new StatisticsScan(checkpoint, checkpoint.Tensors).Run(null, default).Count();
        }

        Step.Say(Step.Ready);
        Step.Run(Step.Loaded, Scan);
        Step.Run(Step.LoadedAgain, Scan);
        for (int i = 3; i < 10; i++)
        {
            Scan();
        }

        Step.Run(Step.LoadedOften, Scan);
    }
}

using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Values.Statistics;

namespace LowMem.Benchmarks.Cases;

/// <summary>
/// The figures of all tensors of a checkpoint: the first time in a process, again, and once the runtime is done with compiling, which it
/// does in the background and on the same cores.
/// </summary>
internal static class StatisticsCase
{
    /// <summary>The name of the case.</summary>
    public const string Name = "statistics";

    /// <summary>The runtime waits for a tenth of a second without new methods before it compiles what is called often.</summary>
    private static readonly TimeSpan Compiling = TimeSpan.FromSeconds(1);

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

        Thread.Sleep(Compiling);
        Step.Run(Step.LoadedOften, Scan);
    }
}

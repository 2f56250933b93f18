using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;

namespace LowMem.Benchmarks.Cases;

/// <summary>Lists the tensors of a checkpoint: the first time in a process, and again.</summary>
internal static class ListingCase
{
    /// <summary>The name of the case.</summary>
    public const string Name = "listing";

    /// <summary>Runs the case.</summary>
    public static void Run(string path)
    {
        Step.Say(Step.Ready);
        Checkpoint? checkpoint = null;
        Step.Run(Step.Loaded, () => List(checkpoint = Checkpoint.Open(path)));
        GC.KeepAlive(checkpoint);
        Step.Run(Step.LoadedAgain, () => List(Checkpoint.Open(path)));
        for (int time = 3; time < 10; time++)
        {
            List(Checkpoint.Open(path));
        }

        Step.Run(Step.LoadedOften, () => List(Checkpoint.Open(path)));
    }

    /// <summary>Looks at every tensor, one after the other, as the cmdlet hands them down the pipeline.</summary>
    private static double List(Checkpoint checkpoint) =>
        checkpoint.Tensors.Sum(tensor => tensor.Key.Length + (double)tensor.ElementCount);
}

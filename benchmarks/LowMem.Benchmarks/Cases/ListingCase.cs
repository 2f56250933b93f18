using LowMem.Checkpoints;

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
        Step.Run(Step.Loaded, () => (checkpoint = Checkpoint.Open(path)).Tensors.Count);
        GC.KeepAlive(checkpoint);
        Step.Run(Step.LoadedAgain, () => Checkpoint.Open(path).Tensors.Count);
    }
}

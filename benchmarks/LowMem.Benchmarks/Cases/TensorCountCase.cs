using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Skeletons;
using LowMem.Loader.Skeletons.Containers;

namespace LowMem.Benchmarks.Cases;

/// <summary>Loads a checkpoint of many small tensors, mapped, into a skeleton made after it.</summary>
internal static class TensorCountCase
{
    /// <summary>The name of the case.</summary>
    public const string Name = "tensors";

    /// <summary>Runs the case.</summary>
    public static void Run(string path)
    {
        Step.Say(Step.Ready);
        Checkpoint? checkpoint = null;
        ModuleContainer? model = null;
        Step.Run(Step.Listed, () => (checkpoint = Checkpoint.Open(path)).Tensors.Count, CollectGarbage);
        Step.Run(
            Step.Built,
            () =>
            {
                model = SkeletonBuilder.FromCheckpoint(checkpoint!);
                return 0;
            },
            CollectGarbage);
        Step.Run(Step.Loaded, () => ModelLoader.Load(model!, checkpoint!).Duration.TotalSeconds, CollectGarbage);
        GC.KeepAlive(checkpoint);
        model!.Dispose();
    }

    // What is kept is asked for here, and not what the collector has not yet got to. Handles are freed by finalizers.
    private static void CollectGarbage()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
    }
}

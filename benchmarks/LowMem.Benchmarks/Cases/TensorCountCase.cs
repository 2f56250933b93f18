using LowMem.Checkpoints;
using LowMem.Loader.Import;
using LowMem.Loader.Skeletons;

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
        Step.Run(Step.Listed, () => (checkpoint = Checkpoint.Open(path)).Tensors.Count);
        Step.Run(Step.Built, () =>
        {
            model = SkeletonBuilder.FromCheckpoint(checkpoint!);
            return 0;
        });
        Step.Run(Step.Loaded, () => ModelLoader.Load(model!, checkpoint!).Duration.TotalSeconds);
        model!.Dispose();
    }
}

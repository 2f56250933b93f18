using LowMem.CheckpointMaker;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using static TorchSharp.torch;

namespace LowMem.Benchmarks.Cases;

/// <summary>Loads a model and uses it at once: what somebody waits for who starts a program with a file that nobody has read yet.</summary>
internal static class ColdCase
{
    /// <summary>Import with values of its own.</summary>
    public const string Resident = "cold-resident";

    /// <summary>Import with the file mapped.</summary>
    public const string Mapped = "cold-mapped";

    /// <summary>Import with the file mapped, and its pages read in the background.</summary>
    public const string Prefetched = "cold-prefetched";

    /// <summary>Runs a case.</summary>
    public static void Run(string name, string path, WideBoringModel size)
    {
        using var model = new BoringModel(size, META);
        Step.Say(Step.Ready);
        Step.Run(Step.Loaded, () =>
        {
            var options = new ImportOptions { Resident = name == Resident, Prefetch = name == Prefetched };
            return ModelLoader.Load(model, Checkpoints.Checkpoint.Open(path), options).TensorCount;
        });
        Step.Run(Step.Ran, () => LoadCase.Forward(model));
    }
}

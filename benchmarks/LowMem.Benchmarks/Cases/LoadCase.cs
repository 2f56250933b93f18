using LowMem.CheckpointMaker;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using static TorchSharp.torch;

namespace LowMem.Benchmarks.Cases;

/// <summary>The ways to load a model in this engine.</summary>
internal static class LoadCase
{
    /// <summary>Builds the model, reads the whole state dict, copies it over: what most programs do.</summary>
    public const string Naive = "naive";

    /// <summary>TorchSharp's own way, from its own file.</summary>
    public const string TorchSharp = "torchsharp";

    /// <summary>Import with values of its own.</summary>
    public const string Resident = "resident";

    /// <summary>Import with the file mapped.</summary>
    public const string Mapped = "mapped";

    /// <summary>Makes TorchSharp's own file, beside the checkpoint.</summary>
    public const string Save = "save";

    private const int BatchSize = 4;

    /// <summary>Where TorchSharp's own file lies.</summary>
    public static string GetTorchSharpPath(string path) => Path.ChangeExtension(path, ".dat");

    /// <summary>Runs a case.</summary>
    public static void Run(string name, string path, WideBoringModel size)
    {
        Step.Say(Step.Ready);
        if (name == Save)
        {
            using var saved = new BoringModel(size, META);
            ModelLoader.Load(saved, Checkpoint.Open(path));
            saved.save(GetTorchSharpPath(path));
            return;
        }

        BoringModel? model = null;
        Step.Run(Step.Built, () =>
        {
            model = Create(name, size);
            return 0;
        });
        Step.Run(Step.Loaded, () => Load(name, path, model!));
        Step.Run(Step.Used, () => AddNorms(model!));
        Step.Run(Step.Ran, () => Forward(model!));
        if (name == Mapped)
        {
            using var second = new BoringModel(size, META);
            Step.Run(Step.LoadedAgain, () => Load(name, path, second));
        }

        model!.Dispose();
    }

    /// <summary>Makes a model and loads it in a way.</summary>
    public static BoringModel CreateLoaded(string name, string path, WideBoringModel size)
    {
        var model = Create(name, size);
        Load(name, path, model);
        return model;
    }

    /// <summary>Uses every value once.</summary>
    public static double AddNorms(BoringModel model)
    {
        double sum = 0;
        foreach (var parameter in model.parameters())
        {
            using var norm = parameter.detach().norm();
            sum += norm.item<float>();
        }

        return sum;
    }

    /// <summary>A pass with a small batch.</summary>
    public static double Forward(BoringModel model)
    {
        using var noGradient = no_grad();
        using var input = ones(BatchSize, 2, device: CPU);
        using var output = model.call(input);
        using var sum = output.sum();
        return sum.item<float>();
    }

    private static BoringModel Create(string name, WideBoringModel size) => new(size, name is Mapped or Resident ? META : CPU);

    /// <summary>Loads the values; returns how long they took to bind once the file was listed, in seconds.</summary>
    private static double Load(string name, string path, BoringModel model)
    {
        switch (name)
        {
            case Naive:
                var (stateDict, _) = ModelLoader.Load(Checkpoint.Open(path), new ImportOptions { Resident = true });
                using (stateDict)
                {
                    model.load_state_dict(stateDict.state_dict());
                }

                return 0;
            case TorchSharp:
                model.load(GetTorchSharpPath(path));
                return 0;
            default:
                return ModelLoader.Load(model, Checkpoint.Open(path), new ImportOptions { Resident = name == Resident }).Duration.TotalSeconds;
        }
    }
}

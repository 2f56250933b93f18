using System.Diagnostics;
using System.Globalization;
using LowMem.Checkpoints;
using LowMem.Loader.Import;
using LowMem.Loader.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Benchmarks;

/// <summary>
/// One way to load, run in a process of its own: says "ready" when torch has started, and on a line of input loads, and on
/// another uses every value once. benchmarks/python/load.py speaks the same protocol.
/// </summary>
internal static class LoadCase
{
    /// <summary>Builds the model, reads the whole state dict, copies it over: what most programs do.</summary>
    public const string Naive = "naive";

    /// <summary>Import with values of its own.</summary>
    public const string Resident = "resident";

    /// <summary>Import with the file mapped.</summary>
    public const string Mapped = "mapped";

    /// <summary>Runs a case as the other side of <see cref="CaseProcess"/>.</summary>
    public static void Run(string name, string path, int stages)
    {
        NativeLibraryLoader.EnsureLoaded();
        Serve(name, path, stages);
    }

    private static void Serve(string name, string path, int stages)
    {
        // The start-up of torch, and of its thread pool, is the same for all.
        using (var small = ones(64, 64, device: CPU))
        using (var product = small.mm(small))
        {
            product.sum().item<float>();
        }

        Say("ready", 0);
        var started = Stopwatch.GetTimestamp();
        using var module = Load(name, path, stages);
        Say("loaded", Stopwatch.GetElapsedTime(started).TotalSeconds);

        started = Stopwatch.GetTimestamp();
        double sum = 0;
        foreach (var parameter in module.parameters())
        {
            using var norm = parameter.detach().norm();
            sum += norm.item<float>();
        }

        Say("used", Stopwatch.GetElapsedTime(started).TotalSeconds, sum);
    }

    private static BoringModel Load(string name, string path, int stages)
    {
        if (name != Naive)
        {
            var module = new BoringModel(stages, META);
            ModelLoader.Load(module, Checkpoint.Open(path), new ImportOptions { Resident = name == Resident });
            return module;
        }

        var model = new BoringModel(stages, CPU);
        var (stateDict, _) = ModelLoader.Load(Checkpoint.Open(path), new ImportOptions { Resident = true });
        using (stateDict)
        {
            model.load_state_dict(stateDict.state_dict());
        }

        return model;
    }

    private static void Say(string phase, double seconds, double checksum = 0)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{phase} {seconds:R} {checksum:R}"));
        Console.ReadLine();
    }
}

using System.Runtime.InteropServices;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Values;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Skeletons.Containers;

namespace LowMem.Benchmarks.Cases;

/// <summary>Maps a checkpoint that is larger than the memory, and reads tensors from all over it.</summary>
internal static class SparseCase
{
    /// <summary>The name of the case.</summary>
    public const string Name = "sparse";

    private const long MaximumRead = 1 << 20;

    /// <summary>Runs the case.</summary>
    public static void Run(string path)
    {
        Step.Say(Step.Ready);
        Checkpoint? checkpoint = null;
        ModuleContainer? model = null;
        Step.Run(Step.Listed, () => (checkpoint = Checkpoint.Open(path)).Tensors.Count);
        Step.Run(Step.Loaded, () =>
        {
            (model, var report) = ModelLoader.Load(checkpoint!);
            return report.MappedBytes;
        });
        Step.Run(Step.Used, () => CompareSmall(checkpoint!, model!));
        model!.Dispose();
    }

    /// <summary>Reads the small tensors, which are not zeros, both from the file and from the map; returns how many.</summary>
    private static int CompareSmall(Checkpoint checkpoint, ModuleContainer model)
    {
        using var reader = new TensorDataReader(checkpoint);
        var parameters = model.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);
        var small = checkpoint.Tensors.Where(tensor => tensor.ByteLength <= MaximumRead).ToList();
        foreach (var tensor in small)
        {
            var bytes = new byte[tensor.ByteLength];
            reader.Read(tensor, 0, bytes);
            var read = MemoryMarshal.Cast<byte, float>(bytes);
            var mapped = parameters[tensor.Key].detach().data<float>().ToArray();
            if (!read.SequenceEqual(mapped) || read.IndexOfAnyExcept(0f) < 0)
            {
                throw new InvalidDataException($"'{tensor.Key}' of '{checkpoint.Path}' was not mapped as it was written.");
            }
        }

        return small.Count;
    }
}

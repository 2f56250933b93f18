using System.Globalization;
using LowMem.CheckpointMaker;
using LowMem.Checkpoints.Verification;
using LowMem.Loader.Native;
using static TorchSharp.torch;

namespace LowMem.Benchmarks.Cases;

/// <summary>Runs a case as the other side of <see cref="CaseProcess"/>.</summary>
internal static class CaseHost
{
    /// <summary>Runs the case of a name.</summary>
    /// <exception cref="ArgumentException">There is no such case.</exception>
    public static void Run(string name, string[] arguments)
    {
        switch (name, arguments)
        {
            case (FloorCase.Name, [var path]):
                FloorCase.Run(path);
                break;
            case (ListingCase.Name, [var path]):
                ListingCase.Run(path);
                break;
            case (SafetyCase.Name, [var path]):
                SafetyCase.Run(path);
                break;
            case (FolderReadCase.Name, [var folder]):
                FolderReadCase.Run(folder);
                break;
            case (PassCase.Hash or PassCase.Manifest, [var path]):
                PassCase.Run(name, path);
                break;
            case (CompareCase.Name, [var reference, var difference]):
                CompareCase.Run(reference, difference);
                break;
            case (StatisticsCase.Name, [var path]):
                StatisticsCase.Run(path);
                break;
            case (GatherCase.Name, [var path]):
                GatherCase.Run(path);
                break;
            case (ConvertCase.Name, [var path, var output, var type]):
                ConvertCase.Run(path, output, type);
                break;
            case (VerifyCase.Name, [var path, var level]):
                VerifyCase.Run(path, Enum.Parse<VerificationLevel>(level));
                break;
            case (TensorCountCase.Name, [var path]):
                NativeLibraryLoader.EnsureLoaded();
                StartTorch();
                TensorCountCase.Run(path);
                break;
            case (SparseCase.Name, [var path]):
                NativeLibraryLoader.EnsureLoaded();
                StartTorch();
                SparseCase.Run(path);
                break;
            case (ForwardCase.Name, [var path, var stages, var width]):
                NativeLibraryLoader.EnsureLoaded();
                StartTorch();
                ForwardCase.Run(path, new WideBoringModel(Parse(stages), Parse(width)));
                break;
            case (ColdCase.Resident or ColdCase.Mapped or ColdCase.Prefetched, [var path, var stages, var width]):
                NativeLibraryLoader.EnsureLoaded();
                StartTorch();
                ColdCase.Run(name, path, new WideBoringModel(Parse(stages), Parse(width)));
                break;
            case (_, [var path, var stages, var width]):
                NativeLibraryLoader.EnsureLoaded();
                StartTorch();
                LoadCase.Run(name, path, new WideBoringModel(Parse(stages), Parse(width)));
                break;
            default:
                throw new ArgumentException($"There is no case '{name}' that takes {arguments.Length} arguments.", nameof(name));
        }
    }

    // The start-up of torch, and of its thread pool, is the same for all.
    private static void StartTorch()
    {
        using var small = ones(64, 64, device: CPU);
        using var product = small.mm(small);
        product.sum().item<float>();
    }

    private static int Parse(string number) => int.Parse(number, CultureInfo.InvariantCulture);
}

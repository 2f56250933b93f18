using System.Globalization;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Loader.Estimates;
using LowMem.Loader.Import.Binding;
using LowMem.Loader.Import.Planning;
using LowMem.Loader.Memory;
using LowMem.Loader.Skeletons.Containers;
using static TorchSharp.torch;

namespace LowMem.Loader.Tests.Estimates;

/// <summary>What is predicted against what a process of its own then takes, over what torch takes to start.</summary>
public class MeasuredTests
{
    private const string CaseVariable = "LOWMEM_TEST_CASE";
    private const string FileVariable = "LOWMEM_TEST_FILE";
    private const long Mebibyte = 1 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Naive", null)]
    [InlineData("Resident", null)]
    [InlineData("Resident", "bfloat16")]
    [InlineData("Mapped", null)]
    [InlineData("Mapped", "bfloat16")]
    public async Task ThePeakOfALoadIsWithinFivePercentOfThePrediction(string mode, string? dtype)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells private from mapped pages cheaply.");
        using var directory = new TempDirectory();
        var path = directory["large.safetensors"];
        TestFiles.WriteHoles(path, [.. Enumerable.Range(0, 12).Select(i => ($"{i}.weight", "F32", new long[] { 4096, 4096 }))]);
        var predicted = GetPrediction(Checkpoint.Open(path, Token), mode, dtype);

        var measured = await MeasureAsync(path, mode, dtype);

        // How many of the buffers of the threads are in use at a time depends on the disk. What is mapped costs next to nothing: there the
        // fixed part is all, and five per cent of it would mean nothing.
        var tolerance = Math.Max(predicted / 20, 12 * Mebibyte);
        Assert.True(
            Math.Abs(measured - predicted) <= tolerance,
            $"predicted {predicted / (double)Mebibyte:0.0} MiB, measured {measured / (double)Mebibyte:0.0} MiB");
    }

    [Theory]
    [InlineData("Resident")]
    [InlineData("Mapped")]
    public async Task WhatATensorCostsBesideItsValuesIsNoMoreThanStated(string mode)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells private from mapped pages cheaply.");
        using var directory = new TempDirectory();
        var path = directory["many.safetensors"];
        TestFiles.WriteHoles(path, [.. Enumerable.Range(0, 30_000).Select(i => ($"layers.{i}.weight", "F32", new long[] { 16 }))]);
        var predicted = GetPrediction(Checkpoint.Open(path, Token), mode, dtype: null);

        var measured = await MeasureAsync(path, mode, dtype: null);

        Assert.InRange(measured, predicted / 2, predicted + (12 * Mebibyte));
    }

    [Fact]
    public void MeasuresTheCaseThatTheEnvironmentNames()
    {
        ChildProcess.SkipUnlessChild();
        var parts = Environment.GetEnvironmentVariable(CaseVariable)!.Split(' ');
        var path = Environment.GetEnvironmentVariable(FileVariable)!;

        // The start of torch, and code that runs for the first time.
        Load(Path.Combine(TestFiles.Samples, "boring.pt"), parts[0], parts[1]);
        ManagedMemory.GiveBack();
        using var memory = new PeakMemorySampler();
        var model = Load(path, parts[0], parts[1]);
        var peak = memory.GetPeak() - memory.Before;
        File.WriteAllText(path + ".peak", peak.ToString(CultureInfo.InvariantCulture));
        GC.KeepAlive(model);
    }

    private static long GetPrediction(Checkpoint checkpoint, string mode, string? dtype)
    {
        var estimate = MemoryEstimator.Estimate(checkpoint, new ImportOptions { DType = dtype });
        return (mode switch
        {
            "Naive" => estimate.Naive,
            ImportModes.Resident => estimate.Resident,
            _ => estimate.Mapped,
        }).PeakPrivateBytes;
    }

    private static ModuleContainer Load(string path, string mode, string dtype)
    {
        var checkpoint = Checkpoint.Open(path, Token);
        var options = new ImportOptions { Resident = mode != ImportModes.Mapped, DType = dtype.Length > 0 ? dtype : null };
        if (mode != "Naive")
        {
            return ModelLoader.Load(checkpoint, options, progress: null, Token).Module;
        }

        // A model with values of its own, the state dict beside it, and a copy.
        var model = new ModuleContainer();
        foreach (var tensor in checkpoint.Tensors.Where(tensor => tensor.Shape.Length == 2 && tensor.Shape[0] == tensor.Shape[1]))
        {
            model.Add(tensor.Key.Split('.')[^2], nn.Linear(tensor.Shape[0], tensor.Shape[0], hasBias: false));
        }

        using var state = ModelLoader.Load(checkpoint, options, progress: null, Token).Module;
        model.load_state_dict(state.state_dict(), strict: false);
        return model;
    }

    private static async Task<long> MeasureAsync(string path, string mode, string? dtype)
    {
        await ChildProcess.RunAsync(
            typeof(MeasuredTests),
            nameof(MeasuresTheCaseThatTheEnvironmentNames),
            AppContext.BaseDirectory,
            (CaseVariable, $"{mode} {dtype}"),
            (FileVariable, path));
        return long.Parse(await File.ReadAllTextAsync(path + ".peak", Token), CultureInfo.InvariantCulture);
    }
}

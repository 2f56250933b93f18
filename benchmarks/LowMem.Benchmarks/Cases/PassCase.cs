using LowMem.Checkpoints;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification;

namespace LowMem.Benchmarks.Cases;

/// <summary>Hashes all tensors of a checkpoint, or verifies it with its manifest: the first time in a process, and again.</summary>
internal static class PassCase
{
    /// <summary>The name of the case that hashes.</summary>
    public const string Hash = "hash";

    /// <summary>The name of the case that verifies; the manifest lies beside the file, as its name and <c>.json</c>.</summary>
    public const string Manifest = "manifest";

    /// <summary>Runs a case.</summary>
    public static void Run(string name, string path)
    {
        Func<double> action = name == Hash ? () => HashTensors(path) : () => Verify(path);
        Step.Say(Step.Ready);
        Step.Run(Step.Loaded, action);
        Step.Run(Step.LoadedAgain, action);
    }

    private static double HashTensors(string path)
    {
        var checkpoint = Checkpoint.Open(path);
        using var reader = new TensorDataReader(checkpoint);
        var plan = new BlockPlan(reader);
        foreach (var tensor in checkpoint.Tensors)
        {
            plan.Add(tensor, new HashConsumer());
        }

        BlockPass.Run(plan, null, default);
        return checkpoint.Tensors.Count;
    }

    private static double Verify(string path)
    {
        var options = new VerificationOptions { Level = VerificationLevel.Values, Manifest = CheckpointManifest.Read(path + ".json") };
        var verdict = CheckpointVerifier.Verify(path, options);
        return verdict.Passed ? verdict.BytesRead : throw new InvalidDataException(verdict.Findings[0].Message);
    }
}

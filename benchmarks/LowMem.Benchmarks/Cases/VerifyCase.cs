using LowMem.Checkpoints.Verification;

namespace LowMem.Benchmarks.Cases;

/// <summary>Verifies a checkpoint at one level: the first time in a process, and again.</summary>
internal static class VerifyCase
{
    /// <summary>The name of the case.</summary>
    public const string Name = "verify";

    /// <summary>Runs the case.</summary>
    public static void Run(string path, VerificationLevel level)
    {
        Step.Say(Step.Ready);
        Step.Run(Step.Loaded, Verify);
        Step.Run(Step.LoadedAgain, Verify);

        double Verify()
        {
            var verdict = CheckpointVerifier.Verify(path, new VerificationOptions { Level = level });
            return verdict.Passed ? verdict.BytesRead : throw new InvalidDataException(verdict.Findings[0].Message);
        }
    }
}

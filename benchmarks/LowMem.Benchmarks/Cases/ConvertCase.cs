using LowMem.Checkpoints;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Formats;

namespace LowMem.Benchmarks.Cases;

/// <summary>Converts a checkpoint: the first time in a process, and again.</summary>
internal static class ConvertCase
{
    /// <summary>The name of the case.</summary>
    public const string Name = "convert";

    /// <summary>Runs the case.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="output">The file to write.</param>
    /// <param name="type">The type to cast to; empty for none.</param>
    public static void Run(string path, string output, string type)
    {
        Step.Say(Step.Ready);
        Step.Run(Step.Loaded, Convert);
        Step.Run(Step.LoadedAgain, Convert);

        double Convert()
        {
            // As whoever converts for the first time: there is no old file whose blocks have to be given back.
            File.Delete(output);
            var plan = ConversionPlan.Create(
                Checkpoint.Open(path),
                ConversionDestination.Of(output, isDirectory: false, format: null, path),
                new ConversionOptions { Type = type.Length == 0 ? null : DType.Get(type) });
            return new ConversionRun(plan, new ConversionSettings()).Run(null, default).ByteLength;
        }
    }
}

using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Formats.Foreign;

/// <summary>What a file is that is no checkpoint.</summary>
/// <param name="Name">What it is, such as <c>a GGUF file</c>.</param>
/// <param name="Advice">What to do, in whole sentences.</param>
internal sealed record ForeignFile(string Name, string Advice)
{
    /// <summary>Whether it holds, or may hold, weights in a form that is not read here.</summary>
    public bool HoldsWeights { get; init; }

    public CheckpointException ToException(string path) => new(
        CheckpointErrorIds.FormatInvalid, path, $"this is {Name}, and no checkpoint of a known format. {Advice}")
    {
        Offset = 0,
    };
}

using LowMem.Checkpoints.Formats.PyTorch.Tensors;

namespace LowMem.Checkpoints.Formats.PyTorch.Exported;

/// <summary>What the configuration of an exported program says about one weight or constant: <c>PayloadMeta</c>.</summary>
/// <param name="Key">Its fully qualified name.</param>
/// <param name="Record">The name of its record in the folder of weights or constants.</param>
/// <param name="IsPickled">Whether the record is a file of <c>torch.save</c> or a pickle, not mere elements.</param>
/// <param name="Tensor">What it is; null when the record says so itself, or it is no tensor.</param>
internal sealed record Payload(string Key, string Record, bool IsPickled, TensorDescription? Tensor)
{
    /// <summary>What is wrong with the description, or null.</summary>
    public string? Problem { get; init; }
}

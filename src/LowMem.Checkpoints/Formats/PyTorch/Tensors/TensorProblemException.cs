namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>One tensor is at fault; it becomes a finding, and the other tensors go on.</summary>
internal sealed class TensorProblemException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}

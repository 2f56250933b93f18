namespace LowMem.Checkpoints.Diagnostics;

/// <summary>How bad a finding is.</summary>
public enum FindingSeverity
{
    /// <summary>Worth knowing, and nothing is wrong.</summary>
    Information,

    /// <summary>Odd; the tensors can be trusted.</summary>
    Warning,

    /// <summary>Wrong: the tensor, or the file, cannot be trusted.</summary>
    Error,
}

namespace LowMem.Checkpoints.Conversion;

/// <summary>A format that checkpoints are converted to.</summary>
public enum ConversionFormat
{
    /// <summary>safetensors, as its reference implementation lays it out.</summary>
    Safetensors,

    /// <summary>A state dict as torch.save writes it: a zip archive.</summary>
    PyTorch,
}

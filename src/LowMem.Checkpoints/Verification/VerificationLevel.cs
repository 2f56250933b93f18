namespace LowMem.Checkpoints.Verification;

/// <summary>How closely a checkpoint is looked at. Each level includes those before it.</summary>
public enum VerificationLevel
{
    /// <summary>Everything that can be known without reading tensor data.</summary>
    Structure,

    /// <summary>Also every byte: the checksums that the file itself carries.</summary>
    Checksum,

    /// <summary>Also every value: NaN, infinity, denormal numbers, tensors that are all zero.</summary>
    Values,
}

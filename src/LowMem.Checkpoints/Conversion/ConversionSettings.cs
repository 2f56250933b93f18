namespace LowMem.Checkpoints.Conversion;

/// <summary>How a conversion is run.</summary>
public sealed record ConversionSettings
{
    /// <summary>Whether what is in the place of the output is replaced, and what a killed conversion left behind is removed.</summary>
    public bool Replaces { get; init; }

    /// <summary>Whether a conversion that was killed goes on.</summary>
    public bool Resumes { get; init; }

    /// <summary>Whether all that was written is read back and compared before it takes its place.</summary>
    public bool Verifies { get; init; }
}

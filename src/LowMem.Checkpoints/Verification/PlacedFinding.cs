using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification;

/// <summary>A finding and its place among all of a verification, whoever found it.</summary>
/// <param name="Section">What was looked at.</param>
/// <param name="Index">Its place there.</param>
/// <param name="Minor">Its place among the findings of one thing.</param>
/// <param name="Finding">The finding.</param>
/// <param name="Count">Of a finding that counts, how much was counted; the finding of all is made of the sum.</param>
internal sealed record PlacedFinding(FindingSection Section, long Index, int Minor, CheckpointFinding Finding, long? Count = null);

/// <summary>What is looked at, in the order in which findings come.</summary>
internal enum FindingSection
{
    /// <summary>What shows without the data.</summary>
    Structure,

    /// <summary>Digests beside the files.</summary>
    Digests,

    /// <summary>Checksums in the files.</summary>
    Checksums,

    /// <summary>The values.</summary>
    Values,

    /// <summary>The manifest.</summary>
    Manifest,

    /// <summary>What else was asked for, such as the fit with a module.</summary>
    Additional,

    /// <summary>The content broke while it was read.</summary>
    Broken,

    /// <summary>The signature.</summary>
    Signature,
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values.Division;

namespace LowMem.Checkpoints.Verification;

/// <summary>What a verification looks at.</summary>
public sealed record VerificationOptions
{
    /// <summary>How closely to look; <see cref="VerificationLevel.Structure"/> when not said.</summary>
    public VerificationLevel Level { get; init; }

    /// <summary>What the checkpoint was when its manifest was made, or null to compare with none.</summary>
    public CheckpointManifest? Manifest { get; init; }

    /// <summary>Whether the values and bytes of tensors are read, and not only what describes them.</summary>
    internal bool ReadsData => Level > VerificationLevel.Structure || Manifest is not null || Signature is not null;

    /// <summary>A signature that has to hold, or null.</summary>
    public Signing.SignatureCheck? Signature { get; init; }

    /// <summary>
    /// Whether the tensor of that key may hold NaN and infinities, as masks do; null when none may. What is allowed is
    /// reported as information.
    /// </summary>
    public Func<string, bool>? AllowsNonFinite { get; init; }

    /// <summary>
    /// Whether the global of that name (<c>module.name</c>) is trusted although it is not known to be inert; null when none is.
    /// It is asked about unknown globals only: what is dangerous cannot be allowed so.
    /// </summary>
    public Func<string, bool>? AllowsGlobal { get; init; }

    /// <summary>Looks at the opened checkpoint for more, such as its fit with a module; or null.</summary>
    public Func<Checkpoint, IEnumerable<CheckpointFinding>>? AdditionalChecks { get; init; }

    /// <summary>
    /// Whether this is one of several places over which the files of a distributed checkpoint are spread: what is here is looked at,
    /// and what is not is no fault.
    /// </summary>
    internal bool IsByPlace { get; init; }

    /// <summary>The part that is looked at here; null for all.</summary>
    internal PlanPart? Part { get; init; }

    /// <summary>Where the checkpoint is.</summary>
    public CheckpointLocation Location { get; init; } = CheckpointLocation.Local;
}

using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Verification;
using LowMem.Loader.Import;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Commands;

/// <summary>What Test-Checkpoint and Assert-Checkpoint share: what to look at, and the looking.</summary>
public abstract class VerifyCheckpointCommand : CheckpointPathCommand
{
    private CheckpointManifest? manifest;

    /// <summary>How closely to look.</summary>
    [Parameter]
    public VerificationLevel Level { get; set; }

    /// <summary>A file of New-CheckpointManifest to compare with.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Manifest { get; set; }

    /// <summary>The tensors that may hold NaN and infinities; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CheckpointKeyCompleter))]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? AllowNonFinite { get; set; }

    /// <summary>The globals that are trusted although they are not known to be inert; wildcards are allowed, and case counts.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? AllowGlobal { get; set; }

    /// <summary>A TorchSharp module that the checkpoint has to fit.</summary>
    [Parameter]
    [ValidateNotNull]
    [ValidateModule]
    public object? Module { get; set; }

    /// <summary>What the checkpoint's keys have in front of the module's; found by itself when left out.</summary>
    [Parameter]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(CheckpointPrefixCompleter))]
    public string? Prefix { get; set; }

    /// <inheritdoc/>
    protected sealed override void ProcessCheckpoint(string path)
    {
        var options = new VerificationOptions
        {
            Level = Manifest is not null && !MyInvocation.BoundParameters.ContainsKey(nameof(Level)) ? VerificationLevel.Checksum : Level,
            Manifest = ReadManifest(),
            AllowsNonFinite = AllowNonFinite is null ? null : new NamePatterns(AllowNonFinite).IsMatch,
            AllowsGlobal = AllowGlobal is null ? null : new NamePatterns(AllowGlobal, matchesCase: true).IsMatch,
            AdditionalChecks = Module is null ? null : CheckFit,
        };
        var verdict = ProgressBar.Run(
            this, "Testing checkpoint", path, progress => CheckpointVerifier.Verify(path, options, progress, StopToken));
        WriteVerbose($"{path}: {verdict.Findings.Count} findings, {verdict.BytesRead} bytes read in {verdict.Duration}.");
        Conclude(verdict);
    }

    /// <summary>Does with a verdict what the cmdlet is for.</summary>
    /// <param name="verdict">What the verification of one checkpoint came to.</param>
    protected abstract void Conclude(CheckpointVerdict verdict);

    /// <summary>Read once; when that fails, each checkpoint has its error, since none can be tested.</summary>
    private CheckpointManifest? ReadManifest() => Manifest is null
        ? null
        : manifest ??= CheckpointManifest.Read(SessionState.Path.GetUnresolvedProviderPathFromPSPath(Manifest));

    private IEnumerable<CheckpointFinding> CheckFit(Checkpoint checkpoint) =>
        ModelFit.Check(Module is PSObject wrapped ? wrapped.BaseObject : Module!, checkpoint, Prefix, StopToken);
}

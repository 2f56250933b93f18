using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Verification;
using LowMem.Checkpoints.Verification.Signing;
using LowMem.Loader.Import.Planning;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Commands;

/// <summary>What Test-Checkpoint and Assert-Checkpoint share: what to look at, and the looking.</summary>
public abstract class VerifyCheckpointCommand : PartedCheckpointCommand
{
    private CheckpointManifest? manifest;
    private SignatureCheck? signatureCheck;

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
    [ArgumentCompleter(typeof(UnknownGlobalCompleter))]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? AllowGlobal { get; set; }

    /// <summary>A TorchSharp module that the checkpoint has to fit.</summary>
    [Parameter]
    [ValidateNotNull]
    [ModuleOnly]
    public object? Module { get; set; }

    /// <summary>What the checkpoint's keys have in front of the module's; found by itself when left out.</summary>
    [Parameter]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(CheckpointPrefixCompleter))]
    public string? Prefix { get; set; }

    /// <summary>Tests all checkpoints below a directory.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    /// <summary>A file of New-CheckpointSignature, or of another tool for OpenSSF Model Signing, that has to hold.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Signature { get; set; }

    /// <summary>Files and directories that need not be signed, relative to the model.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? SignatureIgnorePath { get; set; }

    /// <summary>The file of the signer's public key, in PEM.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PublicKey { get; set; }

    /// <summary>Files of certificates in PEM; the signer's has to lead to a root among them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? Certificate { get; set; }

    /// <summary>The file of a Sigstore trusted root, for signatures without a key of their own.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TrustedRoot { get; set; }

    /// <summary>With TrustedRoot: who has to have signed, such as an e-mail address.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SignerIdentity { get; set; }

    /// <summary>With TrustedRoot: who has to have vouched for the signer, as a URL.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SignerIssuer { get; set; }

    /// <inheritdoc/>
    private protected override bool ReadsAll => true;

    private SignatureTrust Trust => new()
    {
        PublicKey = PublicKey is null ? null : GetFilePath(PublicKey),
        Certificates = [.. (Certificate ?? []).Select(GetFilePath)],
        TrustedRoot = TrustedRoot is null ? null : GetFilePath(TrustedRoot),
        Identity = SignerIdentity,
        Issuer = SignerIssuer,
    };

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (ParameterSetName == UriSet && Recurse)
        {
            ThrowTerminatingError(ErrorRecords.RecurseNeedsList());
        }

        try
        {
            if (SignatureArguments.Validate(Signature, Trust) is { } fault)
            {
                ThrowTerminatingError(fault);
            }
        }
        catch (RefusedException refusal)
        {
            ThrowTerminatingError(refusal.Record);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            signatureCheck?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    protected sealed override void ProcessCheckpoint(string path)
    {
        // A gate does not open by halves: what is allowed is clear, or nothing is tested.
        NamePatterns.Require(AllowNonFinite, path);
        NamePatterns.Require(AllowGlobal, path);
        // A signature is one of the whole directory, and with one every checkpoint below it is looked at as it is.
        if (Recurse && Signature is null && Directory.Exists(path))
        {
            ProcessFolder(path);
            return;
        }

        var options = CreateOptions() with { Location = LocationOf(path) };
        Finish(path, ProgressBar.Run(
            this, "Testing checkpoint", path, progress => CheckpointVerifier.Verify(path, options, progress, StopToken)));
    }

    /// <inheritdoc/>
    private protected sealed override void Collect(string path)
    {
        NamePatterns.Require(AllowNonFinite, path);
        NamePatterns.Require(AllowGlobal, path);
        if (!Recurse || Signature is not null || !Directory.Exists(path))
        {
            base.Collect(path);
            return;
        }

        long found = 0;
        var finder = new CheckpointFinder();
        foreach (string file in finder.Find(path, StopToken))
        {
            base.Collect(file);
            found++;
        }

        ReportSearch(finder, path, found);
    }

    /// <inheritdoc/>
    private protected sealed override PartOperation CreateOperation()
    {
        var options = CreateOptions();
        return new VerdictOperation(options, PartOptions.Of(this, nameof(Recurse)).With(nameof(Level), options.Level.ToString()))
        {
            IsByPlace = IsByPlace,
            Locate = LocationOf,
        };
    }

    /// <inheritdoc/>
    private protected sealed override string Activity => "Testing checkpoint";

    /// <summary>Whether each part looks at the files that it has.</summary>
    private protected virtual bool IsByPlace => false;

    /// <summary>Whether several checkpoints are worked on at once: a module is looked at by one thread at a time.</summary>
    private protected sealed override bool WorksAtOnce => Module is null;

    /// <summary>Does with a verdict what the cmdlet is for.</summary>
    /// <param name="verdict">What the verification of one checkpoint came to.</param>
    protected abstract void Conclude(CheckpointVerdict verdict);

    private VerificationOptions CreateOptions() => new()
    {
        Level = Manifest is not null && !MyInvocation.BoundParameters.ContainsKey(nameof(Level)) ? VerificationLevel.Checksum : Level,
        Manifest = ReadManifest(),
        Signature = Signature is null ? null : signatureCheck ??= CreateSignatureCheck(Signature),
        AllowsNonFinite = AllowNonFinite is null ? null : new NamePatterns(AllowNonFinite).IsMatch,
        AllowsGlobal = AllowGlobal is null ? null : new NamePatterns(AllowGlobal, matchesCase: true).IsMatch,
        AdditionalChecks = Module is null ? null : CheckFit,
    };

    private void ProcessFolder(string folder)
    {
        var options = CreateOptions();
        var finder = new CheckpointFinder();
        long tested = 0;
        string current = folder;
        using var progress = new FolderProgress(this, "Testing checkpoints", folder);
        OrderedWork.Run(
            finder.Find(folder, StopToken),
            path => CheckpointVerifier.Verify(path, options, null, StopToken),
            // A module is looked at by one thread at a time.
            Module is null ? Math.Min(Environment.ProcessorCount, 32) : 1,
            (path, task) =>
            {
                tested++;
                current = path;
                ForItem(path, () => Finish(path, task.GetAwaiter().GetResult()));
                progress.Show(tested, finder.FilesSeen, current);
            },
            () => progress.Show(tested, finder.FilesSeen, current));
        ReportSearch(finder, folder, tested);
    }

    private void ReportSearch(CheckpointFinder finder, string folder, long found)
    {
        foreach (var error in finder.Errors)
        {
            ReportError(ErrorRecords.Of(error, error.Path));
        }

        if (found == 0 && finder.Errors.Count == 0)
        {
            // A gate that tests a folder must not pass because there is nothing in it.
            throw new CheckpointException(CheckpointErrorIds.NotFound, folder, "there is no checkpoint in this directory or below it.");
        }
    }

    private void Finish(string path, CheckpointVerdict verdict)
    {
        WriteVerbose($"{path}: {verdict.Findings.Count} findings, {verdict.BytesRead} bytes read in {verdict.Duration}.");
        Conclude(verdict);
    }

    /// <summary>Read once; when that fails, each checkpoint has its error, since none can be tested.</summary>
    private CheckpointManifest? ReadManifest() => Manifest is null
        ? null
        : manifest ??= IsAddress(Manifest) ? ReadManifest(AddAddress(Manifest)) : CheckpointManifest.Read(GetFilePath(Manifest));

    private CheckpointManifest ReadManifest(string name) => CheckpointManifest.Read(LocationOf(name), name);

    /// <summary>Once; when it fails, each checkpoint has its error, since none can be tested.</summary>
    private SignatureCheck CreateSignatureCheck(string signature)
    {
        string name = IsAddress(signature) ? AddAddress(signature) : GetFilePath(signature);
        return new(name, Trust)
        {
            SignatureLocation = IsAddress(name) ? LocationOf(name) : null,
            IgnoredPaths = [.. (SignatureIgnorePath ?? []).Select(SignatureArguments.GetIgnoredPath)],
        };
    }

    private IEnumerable<CheckpointFinding> CheckFit(Checkpoint checkpoint) =>
        ModelFit.Check(Module is PSObject wrapped ? wrapped.BaseObject : Module!, checkpoint, Prefix, StopToken);
}

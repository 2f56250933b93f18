using System.Security.Cryptography;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Verification.Signing.Keyless;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>
/// Verifies a signature of OpenSSF Model Signing 1.0 (and 0.2): who signed, that every file is what it was, and that none
/// was added. What cannot be verified is an error.
/// </summary>
public sealed class SignatureCheck : IDisposable
{
    private readonly string signaturePath;
    private readonly IBundleVerifier verifier;

    /// <summary>Reads what is needed to decide who is believed.</summary>
    /// <param name="signature">The file of the signature.</param>
    /// <param name="trust">Whom to believe.</param>
    /// <exception cref="CheckpointException">A key, certificate or trusted root is not there, or is none.</exception>
    /// <exception cref="ArgumentException">Not just one of key, certificates and trusted root was given.</exception>
    public SignatureCheck(string signature, SignatureTrust trust)
        : this(signature, trust, TimeProvider.System)
    {
    }

    internal SignatureCheck(string signature, SignatureTrust trust, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(signature);
        ArgumentNullException.ThrowIfNull(trust);
        signaturePath = ModelFiles.GetFullName(signature);
        verifier = trust switch
        {
            { PublicKey: { } key, Certificates: [], TrustedRoot: null } => new KeyVerifier(key),
            { PublicKey: null, Certificates: [_, ..] certificates, TrustedRoot: null } => new CertificateVerifier(certificates, time),
            { PublicKey: null, Certificates: [], TrustedRoot: { } root } => new KeylessVerifier(root, trust.Identity, trust.Issuer),
            _ => throw new ArgumentException("Give just one of a public key, certificates and a trusted root.", nameof(trust)),
        };
    }

    /// <summary>
    /// Paths relative to the model, with slashes, that need not be signed, besides those that the signature leaves out:
    /// before version 1.1 the reference tool did not write these down.
    /// </summary>
    public IReadOnlyList<string> IgnoredPaths { get; init; } = [];

    /// <summary>Where the signature is, when it is not on this machine.</summary>
    public CheckpointLocation? SignatureLocation { get; init; }

    /// <summary>Verifies a model.</summary>
    /// <param name="path">A directory, or a file.</param>
    /// <param name="checkpoint">What was opened at the path: its files have to be among those signed; or null.</param>
    /// <param name="progress">Told how far it is, from several threads; or null.</param>
    /// <param name="cancellationToken">Ends the verification early.</param>
    /// <exception cref="CheckpointException">The signature or a directory cannot be read, or a file was changed meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IReadOnlyList<CheckpointFinding> Check(
        string path,
        Checkpoint? checkpoint = null,
        IProgress<VerificationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Begin(path, CheckpointLocation.Local, cancellationToken)
            .Conclude(checkpoint is null ? [] : [.. checkpoint.AllFiles], [], progress, cancellationToken);
    }

    /// <summary>Looks at the signature, before any file that was signed is read.</summary>
    /// <param name="path">A directory, or a file.</param>
    /// <param name="location">Where the model and its signature are.</param>
    /// <param name="cancellationToken">Ends the listing of the directory early.</param>
    /// <exception cref="CheckpointException">The signature or a directory cannot be read.</exception>
    internal SignatureRun Begin(string path, CheckpointLocation location, CancellationToken cancellationToken)
    {
        try
        {
            var (statement, signer) = Verify(location);
            var files = new SignedFiles(ModelFiles.GetFullName(path), signaturePath, statement, IgnoredPaths) { Location = location };
            files.List(cancellationToken);
            return new SignatureRun(files, signer);
        }
        catch (SignatureFault fault)
        {
            return new SignatureRun(fault);
        }
    }

    /// <summary>Several threads may test with one signature; keys are used by one at a time.</summary>
    private (SignedStatement Statement, string Signer) Verify(CheckpointLocation location)
    {
        var bundle = SignatureBundle.Read(signaturePath, SignatureLocation ?? (location.IsListed ? location : CheckpointLocation.Local));
        lock (verifier)
        {
            try
            {
                return verifier.Verify(bundle);
            }
            catch (CryptographicException exception)
            {
                // An extension of a certificate is decoded when it is asked for.
                throw SignatureFault.Invalid("a certificate or key in it is not sound", exception);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => verifier.Dispose();
}

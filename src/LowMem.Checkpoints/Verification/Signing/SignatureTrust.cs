namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>Whom to believe. Just one of <see cref="PublicKey"/>, <see cref="Certificates"/> and <see cref="TrustedRoot"/> is given.</summary>
public sealed record SignatureTrust
{
    /// <summary>The file of the signer's public key, in PEM; or null.</summary>
    public string? PublicKey { get; init; }

    /// <summary>Files of certificates in PEM, among them the root that the signer's chain leads to; or empty.</summary>
    public IReadOnlyList<string> Certificates { get; init; } = [];

    /// <summary>The file of a Sigstore trusted root (<c>trusted_root.json</c>), for signatures without a key; or null.</summary>
    public string? TrustedRoot { get; init; }

    /// <summary>With <see cref="TrustedRoot"/>: who has to have signed, such as an e-mail address.</summary>
    public string? Identity { get; init; }

    /// <summary>With <see cref="TrustedRoot"/>: who has to have vouched for the identity, as a URL.</summary>
    public string? Issuer { get; init; }
}

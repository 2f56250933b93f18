namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>What a signature is verified by.</summary>
internal enum SignatureMethod
{
    /// <summary>A public key that the verifier has.</summary>
    Key,

    /// <summary>A chain of certificates up to one that the verifier has.</summary>
    Certificate,

    /// <summary>A certificate of minutes for an identity, and a transparency log that shows when it was used (Sigstore).</summary>
    Keyless,
}

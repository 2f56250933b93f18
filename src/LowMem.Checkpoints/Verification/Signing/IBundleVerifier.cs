namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>Decides whether a signature was made by somebody who is believed.</summary>
internal interface IBundleVerifier : IDisposable
{
    /// <param name="bundle">The signature.</param>
    /// <returns>What was signed, and by whom, in words.</returns>
    /// <exception cref="SignatureFault">It does not hold, or nobody vouches for the signer.</exception>
    (SignedStatement Statement, string Signer) Verify(SignatureBundle bundle);
}

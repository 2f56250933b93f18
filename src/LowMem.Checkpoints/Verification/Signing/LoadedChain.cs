using System.Security.Cryptography.X509Certificates;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>The certificates of a signature.</summary>
/// <param name="All">That of the signer first.</param>
internal sealed record LoadedChain(X509Certificate2Collection All) : IDisposable
{
    public X509Certificate2 Signer => All[0];

    public void Dispose()
    {
        foreach (var certificate in All)
        {
            certificate.Dispose();
        }
    }
}

using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace LowMem.Checkpoints.Verification.Signing.Keyless;

/// <summary>An authority with its chain of certificates, and the time in which it certified.</summary>
internal sealed record TrustedAuthority(X509Certificate2Collection Certificates, ValidTime Time)
{
    private const int MaxChain = 16;

    public static TrustedAuthority Parse(JsonElement authority) => new(
        [
            .. authority.Get("certChain", JsonValueKind.Object).GetItems("certificates", MaxChain)
                .Select(item => X509CertificateLoader.LoadCertificate(item.GetBytes("rawBytes"))),
        ],
        ValidTime.Parse(authority.Find("validFor")));
}

using System.Management.Automation;
using LowMem.Checkpoints.Verification.Signing;
using LowMem.PowerShell.Errors;

namespace LowMem.PowerShell.Pipeline;

/// <summary>Makes the check of a signature from the parameters of a cmdlet.</summary>
internal static class SignatureArguments
{
    /// <summary>A path relative to a model as signatures spell it.</summary>
    public static string GetIgnoredPath(string path) =>
        (path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path).Replace(Path.DirectorySeparatorChar, '/').TrimEnd('/');

    /// <summary>What is wrong with the parameters as they were given together; null when nothing is.</summary>
    /// <param name="signature">The file of the signature, or null.</param>
    /// <param name="trust">The parameters that say whom to believe.</param>
    public static ErrorRecord? Validate(string? signature, SignatureTrust trust)
    {
        string[] given =
        [
            .. trust.PublicKey is null ? (string[])[] : ["PublicKey"],
            .. trust.Certificates.Count == 0 ? (string[])[] : ["Certificate"],
            .. trust.TrustedRoot is null ? (string[])[] : ["TrustedRoot"],
        ];
        return (signature, given) switch
        {
            (not null, []) => ErrorRecords.ParameterMissing("Signature", "PublicKey, -Certificate or -TrustedRoot"),
            (_, [var one, var other, ..]) => ErrorRecords.ParametersExclusive(one, other),
            (null, [var only]) => ErrorRecords.ParameterMissing(only, "Signature"),
            _ when trust is { TrustedRoot: null, Identity: not null } => ErrorRecords.ParameterMissing("SignerIdentity", "TrustedRoot"),
            _ when trust is { TrustedRoot: null, Issuer: not null } => ErrorRecords.ParameterMissing("SignerIssuer", "TrustedRoot"),
            _ => null,
        };
    }
}

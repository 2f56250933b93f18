using System.Security.Cryptography;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Verification.Signing;

namespace LowMem.Fuzz;

/// <summary>What is done with changed signatures, and with changed statements as if somebody had signed them.</summary>
internal static class SignatureInspection
{
    private static readonly Lazy<SignatureTrust[]> Trusts = new(() =>
    {
        string keys = Path.Combine(BuildPaths.Fixtures, "signing", "keys");
        return
        [
            new SignatureTrust { PublicKey = Path.Combine(keys, "signing-key-pub.pem") },
            new SignatureTrust { Certificates = [Path.Combine(keys, "ca-cert.pem")] },
            new SignatureTrust
            {
                TrustedRoot = Path.Combine(keys, "trusted_root.json"),
                Identity = "stefanb@us.ibm.com",
                Issuer = "https://sigstore.verify.ibm.com/oauth2",
            },
        ];
    });

    /// <summary>Verifies a directory with its signature by each way there is.</summary>
    public static void Verify(string path)
    {
        string directory = Directory.Exists(path) ? path : Path.GetDirectoryName(path)!;
        string signature = Directory.Exists(path) ? Path.Combine(directory, "model.sig") : path;
        foreach (var trust in Trusts.Value)
        {
            try
            {
                using var check = new SignatureCheck(signature, trust);
                var findings = check.Check(directory);
                if (findings.Count == 0)
                {
                    throw new InvalidOperationException("A signature came out as neither good nor bad.");
                }

                // Whatever was changed, nothing is called good that is not as it was signed.
                if (findings.Any(finding => finding.Code == FindingCodes.SignatureVerified) && !IsAsItWas(directory))
                {
                    throw new InvalidOperationException("A changed file was called as signed.");
                }
            }
            catch (CheckpointException)
            {
                // A file cannot be read, and that is said.
            }
        }
    }

    /// <summary>Reads a statement, and compares it with a directory.</summary>
    public static void ReadStatement(string path)
    {
        try
        {
            var statement = SignedStatement.Parse(File.ReadAllBytes(path));
            string directory = Path.GetDirectoryName(path)!;
            _ = new SignedFiles(directory, path, statement, []).Compare([], [], progress: null, CancellationToken.None);
        }
        catch (Exception exception) when (exception is SignatureFault or CheckpointException)
        {
            // It is no statement, and that is said.
        }
    }

    private static bool IsAsItWas(string directory) => Directory.GetFiles(directory, "signme-*").All(file =>
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));
        return Originals.Value.Contains(digest);
    });

    private static readonly Lazy<HashSet<string>> Originals = new(() =>
        [.. Directory.GetFiles(Path.Combine(BuildPaths.Fixtures, "signing", "samples"), "signme-*", SearchOption.AllDirectories)
            .Select(file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))))]);
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification;
using LowMem.Checkpoints.Verification.Signing;
using LowMem.Checkpoints.Verification.Signing.Hashing;

namespace LowMem.Checkpoints.Tests.Verification.Signing;

/// <summary>A checkpoint of two shards, and the key of who signs it.</summary>
internal sealed class SignedModel : IDisposable
{
    private readonly CheckpointDirectory directory = new();
    private readonly CheckpointDirectory keys = new();
    private readonly ECDsa key;

    public SignedModel(string curve, bool isEmpty = false)
    {
        key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        keys.Write("private.pem", Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        keys.Write("public.pem", Encoding.ASCII.GetBytes(key.ExportSubjectPublicKeyInfoPem()));
        if (isEmpty)
        {
            return;
        }

        directory.WriteIndex("""{"weight_map": {"a": "a.safetensors", "b": "b.safetensors"}}""");
        directory.Write("a.safetensors", SafetensorsBytes.One("a", 1, 2));
        directory.Write("b.safetensors", SafetensorsBytes.One("b", 3));
    }

    public string Path => directory.Path;

    public string Signature => System.IO.Path.Combine(Path, "model.sig");

    public string PrivateKey => System.IO.Path.Combine(keys.Path, "private.pem");

    public string PublicKey => System.IO.Path.Combine(keys.Path, "public.pem");

    public void Sign(IReadOnlyList<string>? certificates = null, IReadOnlyList<string>? ignored = null, bool allowsLinks = false)
    {
        using var signer = SigningKey.Read(PrivateKey, certificates ?? []);
        new ModelSignature { Path = Path, OutputPath = Signature, IgnoredPaths = ignored ?? [], AllowsLinks = allowsLinks }
            .Write(signer, null, TestContext.Current.CancellationToken);
    }

    /// <summary>Signs ranges of files, as the reference tool can.</summary>
    public void SignInRanges(int length, string hash = "sha256")
    {
        var resources = new List<SignedResource>();
        var type = SignedHashType.Find(hash)!;
        foreach (var file in ModelFiles.List(Path, [], TestContext.Current.CancellationToken))
        {
            byte[] content = File.ReadAllBytes(file.FullPath);
            for (int start = 0; start < content.Length; start += length)
            {
                int end = Math.Min(content.Length, start + length);
                using var digest = type.Create();
                digest.Append(content.AsSpan(start..end));
                resources.Add(new SignedResource($"{file.Path}:{start}:{end}", start, end, digest.GetDigestAndReset()));
            }
        }

        var statement = JsonNode.Parse(SignatureWriter.WriteStatement("model", resources, false, []))!;
        var predicate = statement["predicate"]!;
        predicate["serialization"]!["method"] = "shards";
        predicate["serialization"]!["shard_size"] = length;
        predicate["serialization"]!["hash_type"] = hash;
        foreach (var resource in predicate["resources"]!.AsArray())
        {
            resource!["algorithm"] = hash;
        }

        var envelope = new DsseEnvelope(DsseEnvelope.InTotoType, Encoding.UTF8.GetBytes(statement.ToJsonString()), []);
        using var signer = SigningKey.Read(PrivateKey, []);
        using var stream = File.Create(Signature);
        SignatureWriter.WriteBundle(stream, envelope with { Signature = signer.Sign(envelope.GetSignedBytes()) }, signer);
    }

    public CheckpointVerdict Verify(string? path = null, VerificationOptions? options = null)
    {
        using var check = new SignatureCheck(Signature, new SignatureTrust { PublicKey = PublicKey });
        return CheckpointVerifier.Verify(
            path ?? Path, (options ?? new VerificationOptions()) with { Signature = check }, null, TestContext.Current.CancellationToken);
    }

    public void Write(string name, byte[] content) => directory.Write(name, content);

    /// <summary>A root, one in the middle, and that of the key, each for the use that is named.</summary>
    public (string Root, string Middle, string Leaf) WriteCertificates(string? middleUsage = null, string? leafUsage = null)
    {
        var (start, end) = (new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var root = Request("CN=root", rootKey, isAuthority: true, null).CreateSelfSigned(start, end);
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var middle = Request("CN=middle", middleKey, isAuthority: true, middleUsage).Create(root, start, end, [1, 2, 3]);
        using var middleWithKey = middle.CopyWithPrivateKey(middleKey);
        using var leaf = Request("CN=signer", key, isAuthority: false, leafUsage).Create(middleWithKey, start, end, [1, 2, 4]);
        return (Write("root", root), Write("middle", middle), Write("leaf", leaf));
    }

    private static CertificateRequest Request(string name, ECDsa key, bool isAuthority, string? usage)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            isAuthority ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.DigitalSignature, true));
        if (usage is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        }

        return request;
    }

    private string Write(string name, X509Certificate2 certificate)
    {
        keys.Write($"{name}.pem", Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()));
        return System.IO.Path.Combine(keys.Path, $"{name}.pem");
    }

    public void Dispose()
    {
        key.Dispose();
        keys.Dispose();
        directory.Dispose();
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>Writes the JSON of signatures.</summary>
internal static class SignatureWriter
{
    private const string MediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        NewLine = "\n",
        // It is JSON and nothing else; names stay readable in it.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The statement that is signed.</summary>
    public static byte[] WriteStatement(
        string model, IReadOnlyList<SignedResource> resources, bool allowsLinks, IReadOnlyList<string> ignoredPaths)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("_type", SignedStatement.StatementType);
            writer.WriteStartArray("subject");
            writer.WriteStartObject();
            writer.WriteString("name", model);
            writer.WriteStartObject("digest");
            writer.WriteString("sha256", Convert.ToHexStringLower(SignedStatement.ComputeRoot(resources)));
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteString("predicateType", SignedStatement.PredicateType);
            writer.WriteStartObject("predicate");
            WriteResources(writer, resources);
            writer.WriteStartObject("serialization");
            writer.WriteString("method", "files");
            writer.WriteString("hash_type", "sha256");
            writer.WriteBoolean("allow_symlinks", allowsLinks);
            WriteIgnoredPaths(writer, ignoredPaths);
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    public static void WriteBundle(Stream stream, DsseEnvelope envelope, SigningKey key)
    {
        using var writer = new Utf8JsonWriter(stream, Options);
        writer.WriteStartObject();
        writer.WriteString("mediaType", MediaType);
        writer.WriteStartObject("verificationMaterial");
        if (key.Certificates.Count > 0)
        {
            writer.WriteStartObject("x509CertificateChain");
            writer.WriteStartArray("certificates");
            foreach (byte[] certificate in key.Certificates)
            {
                writer.WriteStartObject();
                writer.WriteBase64String("rawBytes", certificate);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }
        else
        {
            writer.WriteStartObject("publicKey");
            writer.WriteString("hint", key.Hint);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("tlogEntries");
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteStartObject("dsseEnvelope");
        writer.WriteBase64String("payload", envelope.Payload);
        writer.WriteString("payloadType", envelope.PayloadType);
        writer.WriteStartArray("signatures");
        writer.WriteStartObject();
        writer.WriteBase64String("sig", envelope.Signature);
        writer.WriteString("keyid", string.Empty);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteResources(Utf8JsonWriter writer, IReadOnlyList<SignedResource> resources)
    {
        writer.WriteStartArray("resources");
        foreach (var resource in resources)
        {
            writer.WriteStartObject();
            writer.WriteString("name", resource.Path);
            writer.WriteString("algorithm", "sha256");
            writer.WriteString("digest", Convert.ToHexStringLower(resource.Digest));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteIgnoredPaths(Utf8JsonWriter writer, IReadOnlyList<string> ignoredPaths)
    {
        if (ignoredPaths.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("ignore_paths");
        foreach (string path in ignoredPaths)
        {
            writer.WriteStringValue(path);
        }

        writer.WriteEndArray();
    }
}

using System.Globalization;
using System.Text;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>What is signed: the payload of a DSSE envelope together with its type and length.</summary>
/// <param name="PayloadType">What the payload is.</param>
/// <param name="Payload">The bytes that are signed and then read.</param>
/// <param name="Signature">The signature, as ASN.1 (DER).</param>
internal sealed record DsseEnvelope(string PayloadType, byte[] Payload, byte[] Signature)
{
    /// <summary>The only type of payload that a model signature has.</summary>
    public const string InTotoType = "application/vnd.in-toto+json";

    /// <summary>The bytes that the signature is of.</summary>
    public byte[] GetSignedBytes() => [.. Prefix("DSSEv1"), .. Payload];

    /// <summary>
    /// The bytes that version 0.2 of the reference implementation signed: it put the payload into the text as Python
    /// shows a bytes object.
    /// </summary>
    public byte[] GetSignedBytesOfVersion02() => [.. Prefix("DSSEV1"), .. Encoding.UTF8.GetBytes(ToPythonText(Payload))];

    private byte[] Prefix(string version) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"{version} {Encoding.UTF8.GetByteCount(PayloadType)} {PayloadType} {Payload.Length} "));

    private static string ToPythonText(byte[] bytes)
    {
        char quote = bytes.Contains((byte)'\'') && !bytes.Contains((byte)'"') ? '"' : '\'';
        var text = new StringBuilder(bytes.Length + 16).Append('b').Append(quote);
        foreach (byte value in bytes)
        {
            _ = value switch
            {
                (byte)'\\' => text.Append(@"\\"),
                (byte)'\n' => text.Append(@"\n"),
                (byte)'\r' => text.Append(@"\r"),
                (byte)'\t' => text.Append(@"\t"),
                _ when value == quote => text.Append('\\').Append(quote),
                < 0x20 or >= 0x7f => text.Append(@"\x").Append(value.ToString("x2", CultureInfo.InvariantCulture)),
                _ => text.Append((char)value),
            };
        }

        return text.Append(quote).ToString();
    }
}

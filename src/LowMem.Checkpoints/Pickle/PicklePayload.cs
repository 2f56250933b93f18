using System.Text;

namespace LowMem.Checkpoints.Pickle;

/// <summary>Texts and bytes inside a pickle that may themselves be pickles, for something to unpickle later.</summary>
internal static class PicklePayload
{
    /// <summary>The opcode PROTO, which starts every pickle since protocol 2.</summary>
    private const byte Proto = (byte)PickleOpcode.Proto;

    private const byte NewestProtocol = 5;

    /// <summary>
    /// Whether it is worth a closer look: it holds PROTO, the line ends of a GLOBAL in text form, an archive, or
    /// letters enough to be a pickle in base64 or hexadecimal.
    /// </summary>
    public static bool MayHoldPickle(PickleScalar scalar) => scalar.Value switch
    {
        byte[] bytes => MayHoldPickle(bytes),
        string text => text.Contains((char)Proto, StringComparison.Ordinal) || text.AsSpan().Count('\n') >= 2
            || EncodedPickles.MayHold(text)
            || text.Contains("PK\u0003\u0004", StringComparison.Ordinal),
        _ => false,
    };

    /// <inheritdoc cref="MayHoldPickle(PickleScalar)"/>
    public static bool MayHoldPickle(ReadOnlySpan<byte> bytes) => FindProto(bytes) >= 0
        || bytes.Count((byte)'\n') >= 2
        || EncodedPickles.MayHold(bytes)
        || NestedArchives.MayHold(bytes);

    /// <summary>The bytes that would be unpickled; a text stands for Latin-1 bytes where it can, else for UTF-8.</summary>
    public static byte[] GetBytes(PickleScalar scalar) => scalar.Value switch
    {
        byte[] bytes => bytes,
        string text when text.All(character => character <= 0xff) => Encoding.Latin1.GetBytes(text),
        string text => Encoding.UTF8.GetBytes(text),
        _ => [],
    };

    /// <summary>Where the next PROTO with a protocol that exists is, or -1.</summary>
    public static int FindProto(ReadOnlySpan<byte> bytes)
    {
        for (int place = 0; ;)
        {
            int found = bytes[place..].IndexOf(Proto);
            if (found < 0 || place + found + 1 >= bytes.Length)
            {
                return -1;
            }

            place += found;
            if (bytes[place + 1] <= NewestProtocol)
            {
                return place;
            }

            place++;
        }
    }
}

using System.Text;

namespace LowMem.Checkpoints.Pickle;

/// <summary>UTF-8 as Python's pickle reads it.</summary>
internal static class PythonUtf8
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Text in valid UTF-8; null when it is not.</summary>
    public static string? DecodeStrictly(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>
    /// Python writes half a surrogate pair as three bytes, which is no valid UTF-8 (the error handler
    /// <c>surrogatepass</c>): names of files that are no text are kept so. Null when anything else is wrong, and when two
    /// halves meet, since what Python keeps apart would be one character here.
    /// </summary>
    public static string? Decode(ReadOnlySpan<byte> bytes)
    {
        if (DecodeStrictly(bytes) is { } valid)
        {
            return valid;
        }

        var text = new StringBuilder(bytes.Length);
        while (bytes.Length > 0)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out int length) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else if (bytes is [0xed, >= 0xa0 and <= 0xbf, >= 0x80 and <= 0xbf, ..])
            {
                length = 3;
                if (!TryAppendHalf(text, (char)(0xd000 | ((bytes[1] & 0x3f) << 6) | (bytes[2] & 0x3f))))
                {
                    return null;
                }
            }
            else
            {
                return null;
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>Appends half a surrogate pair; false when it would make one with the half before it.</summary>
    public static bool TryAppendHalf(StringBuilder text, char half)
    {
        if (char.IsLowSurrogate(half) && text.Length > 0 && char.IsHighSurrogate(text[^1]))
        {
            return false;
        }

        text.Append(half);
        return true;
    }
}

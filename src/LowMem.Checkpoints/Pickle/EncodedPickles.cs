using System.Buffers;
using System.Text;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// Text in base64 or hexadecimal that is a pickle when it is decoded. Something else would have to decode it; it is how a
/// payload is kept from whoever looks at bytes. Decoding is bounded by the text.
/// </summary>
internal static class EncodedPickles
{
    /// <summary>No pickle that names and calls anything is shorter in base64.</summary>
    private const int ShortestRun = 24;

    /// <summary>How many beginnings are tried in one run of letters.</summary>
    private const int MostStarts = 16;

    private const int ShortestPickle = 6;

    private const string AllLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=";

    private static readonly SearchValues<char> LetterCharacters = SearchValues.Create(AllLetters);

    private static readonly SearchValues<byte> Letters = SearchValues.Create(Encoding.ASCII.GetBytes(AllLetters));

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789ABCDEFabcdef"u8);

    /// <summary>Whether a text has a run of letters that begins like a pickle in base64 or hexadecimal.</summary>
    public static bool MayHold(ReadOnlySpan<char> text)
    {
        // A run that is long enough has a letter at every place of this step.
        for (int place = ShortestRun - 1; place < text.Length; place += ShortestRun)
        {
            if (!LetterCharacters.Contains(text[place]))
            {
                continue;
            }

            int start = text[..place].LastIndexOfAnyExcept(LetterCharacters) + 1;
            int rest = text[place..].IndexOfAnyExcept(LetterCharacters);
            int end = rest < 0 ? text.Length : place + rest;
            if (end - start >= ShortestRun && Begins(Encoding.ASCII.GetBytes(text[start..end].ToArray())))
            {
                return true;
            }

            place = end;
        }

        return false;
    }

    /// <inheritdoc cref="MayHold(ReadOnlySpan{char})"/>
    public static bool MayHold(ReadOnlySpan<byte> bytes)
    {
        // A run that is long enough has a letter at every place of this step.
        for (int place = ShortestRun - 1; place < bytes.Length; place += ShortestRun)
        {
            if (!Letters.Contains(bytes[place]))
            {
                continue;
            }

            int start = bytes[..place].LastIndexOfAnyExcept(Letters) + 1;
            int rest = bytes[place..].IndexOfAnyExcept(Letters);
            int end = rest < 0 ? bytes.Length : place + rest;
            if (end - start >= ShortestRun && Begins(bytes[start..end]))
            {
                return true;
            }

            place = end;
        }

        return false;
    }

    /// <summary>The start of the run, or a PROTO of protocol 0 to 5 in it.</summary>
    private static bool Begins(ReadOnlySpan<byte> run)
    {
        Span<byte> start = stackalloc byte[6];
        if ((Convert.FromHexString(run[..12], start, out _, out _) == OperationStatus.Done && BeginsLikePickle(start))
            || (System.Buffers.Text.Base64.DecodeFromUtf8(run[..8], start, out _, out _) == OperationStatus.Done && BeginsLikePickle(start)))
        {
            return true;
        }

        while (run.IndexOf("gA"u8) is >= 0 and int place && place + 2 < run.Length)
        {
            if (run[place + 2] is >= (byte)'A' and <= (byte)'X')
            {
                return true;
            }

            run = run[(place + 1)..];
        }

        return false;
    }

    /// <summary>What the runs of letters decode to, where that begins like a pickle.</summary>
    public static IEnumerable<byte[]> Decode(ReadOnlyMemory<byte> content)
    {
        int place = 0;
        while (content.Length - place >= ShortestRun && content.Span[place..].IndexOfAny(Letters) is >= 0 and int start)
        {
            place += start;
            int length = LengthOfRun(content.Span[place..]);
            if (length >= ShortestRun)
            {
                byte[] run = WithoutBreaks(content.Span.Slice(place, length));
                foreach (byte[] decoded in DecodeRun(run))
                {
                    yield return decoded;
                }
            }

            place += length;
        }
    }

    /// <summary>Lines of base64 are broken after 64 or 76 letters; a break goes on with the next line.</summary>
    private static int LengthOfRun(ReadOnlySpan<byte> bytes)
    {
        int length = 0;
        while (true)
        {
            int end = bytes[length..].IndexOfAnyExcept(Letters);
            if (end < 0)
            {
                return bytes.Length;
            }

            length += end;
            int next = length;
            while (next < bytes.Length && bytes[next] is (byte)'\r' or (byte)'\n' && next - length < 2)
            {
                next++;
            }

            if (end < 60 || next == length || next == bytes.Length || !Letters.Contains(bytes[next]))
            {
                return Math.Max(1, length);
            }

            length = next;
        }
    }

    private static byte[] WithoutBreaks(ReadOnlySpan<byte> run)
    {
        var text = new List<byte>(run.Length);
        foreach (byte letter in run)
        {
            if (letter is not ((byte)'\r' or (byte)'\n'))
            {
                text.Add(letter switch { (byte)'-' => (byte)'+', (byte)'_' => (byte)'/', _ => letter });
            }
        }

        return [.. text];
    }

    private static IEnumerable<byte[]> DecodeRun(byte[] run)
    {
        if (run.AsSpan().IndexOfAnyExcept(HexDigits) < 0 && TryHex(run) is { } bytes)
        {
            yield return bytes;
        }

        // From the start of the run, and from where a PROTO begins in it.
        int tried = 0;
        for (int start = 0; start >= 0 && tried < MostStarts; tried++)
        {
            if (TryBase64(run.AsSpan(start)) is { } decoded)
            {
                yield return decoded;
                yield break;
            }

            int next = run.AsSpan(start + 1).IndexOf("gA"u8);
            start = next < 0 ? -1 : start + 1 + next;
        }
    }

    private static byte[]? TryHex(ReadOnlySpan<byte> digits)
    {
        var bytes = new byte[digits.Length / 2];
        return Convert.FromHexString(digits[..(bytes.Length * 2)], bytes, out _, out int written) == OperationStatus.Done && written == bytes.Length && BeginsLikePickle(bytes)
            ? bytes
            : null;
    }

    private static byte[]? TryBase64(ReadOnlySpan<byte> letters)
    {
        // Only the start has to be right; what follows may be cut at a whole group.
        letters = letters[..(letters.Length / 4 * 4)];
        int padding = letters.IndexOf((byte)'=');
        if (padding >= 0)
        {
            letters = letters[..Math.Min(letters.Length, ((padding / 4) + 1) * 4)];
        }

        if (letters.Length < 8)
        {
            return null;
        }

        Span<byte> start = stackalloc byte[6];
        if (System.Buffers.Text.Base64.DecodeFromUtf8(letters[..8], start, out _, out int known) != OperationStatus.Done
            || !BeginsLikePickle(start[..known]))
        {
            return null;
        }

        var bytes = new byte[System.Buffers.Text.Base64.GetMaxDecodedFromUtf8Length(letters.Length)];
        var status = System.Buffers.Text.Base64.DecodeFromUtf8(letters, bytes, out _, out int written);
        return status is OperationStatus.Done or OperationStatus.InvalidData && written >= ShortestPickle ? bytes[..written] : null;
    }

    /// <summary>PROTO, or what protocol 0 begins with: a GLOBAL, a MARK before one, or a container.</summary>
    private static bool BeginsLikePickle(ReadOnlySpan<byte> bytes) => bytes.Length >= ShortestPickle - 1 && (bytes[0] switch
    {
        (byte)PickleOpcode.Proto => bytes[1] <= 5,
        (byte)PickleOpcode.Global => IsLetter(bytes[1]),
        (byte)PickleOpcode.Mark => bytes[1] is (byte)PickleOpcode.Global or (byte)PickleOpcode.List or (byte)PickleOpcode.Dict or (byte)PickleOpcode.Inst,
        _ => false,
    });

    private static bool IsLetter(byte value) => char.IsAsciiLetter((char)value) || value == (byte)'_';
}

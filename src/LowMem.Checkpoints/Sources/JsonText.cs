using System.Text;
using System.Text.Json;

namespace LowMem.Checkpoints.Sources;

/// <summary>
/// The text of a JSON file as UTF-8 without a byte order mark. Editors and PowerShell 5 write such a mark, or UTF-16;
/// JSON itself has neither, and parsers refuse them.
/// </summary>
internal static class JsonText
{
    private static ReadOnlySpan<byte> Utf8Mark => [0xef, 0xbb, 0xbf];

    /// <summary>Whether bytes begin with a mark of UTF-8 or UTF-16, or like a JSON object or array in UTF-16 without one.</summary>
    public static bool IsMarked(ReadOnlySpan<byte> start) => start.StartsWith(Utf8Mark) || EncodingOf(start) is not null;

    /// <summary>The same text in UTF-8 without a mark; the bytes themselves when that is what they are.</summary>
    /// <exception cref="JsonException">It has the mark of UTF-16 and is none.</exception>
    public static ReadOnlyMemory<byte> ToUtf8(ReadOnlyMemory<byte> text)
    {
        if (text.Span.StartsWith(Utf8Mark))
        {
            return text[Utf8Mark.Length..];
        }

        if (EncodingOf(text.Span) is not { } encoding)
        {
            return text;
        }

        int mark = text.Span.StartsWith(encoding.Preamble) ? encoding.Preamble.Length : 0;
        try
        {
            return Encoding.UTF8.GetBytes(encoding.GetString(text.Span[mark..]));
        }
        catch (DecoderFallbackException exception)
        {
            throw new JsonException("the text is marked as UTF-16 and is not valid UTF-16", exception);
        }
    }

    /// <summary>UTF-16 by its mark, or by the zero beside the first brace; null for everything else.</summary>
    private static UnicodeEncoding? EncodingOf(ReadOnlySpan<byte> start) => start switch
    {
        [0xff, 0xfe, not 0, 0, ..] or [(byte)'{', 0, not 0, 0, ..] => new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        [0xfe, 0xff, 0, not 0, ..] or [0, (byte)'{', 0, not 0, ..] => new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
        _ => null,
    };
}

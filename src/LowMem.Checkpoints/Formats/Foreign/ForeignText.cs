using System.Text;
using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Formats.Foreign;

/// <summary>
/// Texts that lie where a file of weights should: pointers of Git LFS, and what servers answer instead of a file. Of the
/// text only a title or a line is shown, made harmless.
/// </summary>
internal static class ForeignText
{
    private const int LongestQuote = 120;

    /// <summary>Short texts are answers of servers more often than not.</summary>
    private const int LongestAnswer = 2048;
    private const string Substitute = "The file itself did not come: get it again, by its own link and with the right to read it.";

    /// <summary>Members in which servers put what went wrong.</summary>
    private static readonly string[] ErrorMembers = ["error", "message", "detail", "errors", "msg", "error_description", "reason", "title"];

    /// <summary>The same in the XML of S3 and of the stores that follow it.</summary>
    private static readonly string[] XmlErrorElements = ["Code", "Message"];

    /// <summary>What the text is; null when the bytes are no text.</summary>
    /// <param name="start">The first bytes of the file.</param>
    /// <param name="length">The length of the whole file.</param>
    public static ForeignFile? Find(ReadOnlySpan<byte> start, long length)
    {
        if (Decode(start, length > start.Length) is not { } text || string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        string body = text.TrimStart();
        return FindPointer(body, length)
            ?? FindPage(body)
            ?? FindJson(body)
            ?? new ForeignFile($"text, which begins {Quote(FirstLine(body))}", length < LongestAnswer ? Substitute : ForeignFormats.NotWeights);
    }

    /// <summary>What a JSON object says went wrong; null when it says nothing of the kind.</summary>
    public static string? FindError(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (string name in ErrorMembers)
        {
            if (root.TryGetProperty(name, out var value))
            {
                var inner = value.ValueKind == JsonValueKind.Object && value.TryGetProperty("message", out var message) ? message : value;
                return $"\"{name}\": {Quote(inner.ValueKind == JsonValueKind.String ? inner.GetString()! : inner.GetRawText())}";
            }
        }

        return null;
    }

    private static ForeignFile? FindPointer(string text, long length)
    {
        if (length < LongestAnswer && text.StartsWith("version https://", StringComparison.Ordinal) && text.Contains("\noid ", StringComparison.Ordinal))
        {
            string size = text.Split('\n').FirstOrDefault(line => line.StartsWith("size ", StringComparison.Ordinal)) is { } line
                && long.TryParse(line[5..].Trim(), System.Globalization.CultureInfo.InvariantCulture, out long bytes)
                    ? $" of a file of {bytes} bytes"
                    : string.Empty;
            return new ForeignFile(
                $"the Git LFS pointer{size}",
                "Run 'git lfs pull' in its repository (after 'git lfs install'), or download the file itself.");
        }

        if (length < LongestAnswer && text.Contains("/annex/objects/", StringComparison.Ordinal) && !text.TrimEnd().Contains('\n', StringComparison.Ordinal))
        {
            return new ForeignFile("a pointer of git-annex", "Run 'git annex get' for it.");
        }

        return length < LongestAnswer && text.StartsWith("../", StringComparison.Ordinal) && !text.TrimEnd().Contains('\n', StringComparison.Ordinal)
            ? new ForeignFile(
                $"a link that was saved as text, to {Quote(text)}",
                "Copy the file that it leads to, or get it again where links are supported.")
            : null;
    }

    private static ForeignFile? FindPage(string text)
    {
        if (text.StartsWith("HTTP/", StringComparison.Ordinal))
        {
            return new ForeignFile($"the answer of a web server, {Quote(FirstLine(text))}", Substitute);
        }

        string lower = text.ToLowerInvariant();
        bool isHtml = lower.StartsWith("<!doctype html", StringComparison.Ordinal)
            || (lower.StartsWith('<') && (lower.Contains("<html", StringComparison.Ordinal) || lower.Contains("<head>", StringComparison.Ordinal) || lower.Contains("<body", StringComparison.Ordinal)));
        if (isHtml)
        {
            string title = ElementOf(text, "title") is { } found ? $" titled {Quote(found)}" : string.Empty;
            return new ForeignFile(
                $"an HTML page{title}",
                "A web page was saved in the place of the file, such as an error, a login or a warning: get the file by its direct link.");
        }

        if (!lower.StartsWith("<?xml", StringComparison.Ordinal) && !lower.StartsWith("<error>", StringComparison.Ordinal))
        {
            return null;
        }

        List<string> said = [];
        said.AddRange(XmlErrorElements.Select(name => ElementOf(text, name)).OfType<string>());
        return said.Count > 0
            ? new ForeignFile($"an XML error, {Quote(string.Join(": ", said))}", Substitute)
            : new ForeignFile("an XML document", "Weights lie beside it, if it describes a model: name their file.");
    }

    private static ForeignFile? FindJson(string text)
    {
        if (text[0] is not ('{' or '['))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 32 });
            return FindError(document.RootElement) is { } error
                ? new ForeignFile($"JSON of a server, {error}", Substitute)
                : new ForeignFile("JSON", "It is no shard index, which has a 'weight_map': name the file that holds the weights.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Longer than what was read, or no JSON at all.
            return null;
        }
    }

    private static string? ElementOf(string text, string name)
    {
        int open = text.IndexOf($"<{name}", StringComparison.OrdinalIgnoreCase);
        int start = open < 0 ? -1 : text.IndexOf('>', open) + 1;
        int end = start <= 0 ? -1 : text.IndexOf($"</{name}", start, StringComparison.OrdinalIgnoreCase);
        return end < 0 || string.IsNullOrWhiteSpace(text[start..end]) ? null : text[start..end];
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0];

    private static string Quote(string text) =>
        $"'{DisplayText.Clean(string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), LongestQuote)}'";

    /// <summary>The text, when the bytes are UTF-8 or marked as UTF-16 and hold nothing that texts do not.</summary>
    private static string? Decode(ReadOnlySpan<byte> bytes, bool isCut)
    {
        try
        {
            string text = bytes switch
            {
                [0xff, 0xfe, ..] => new UnicodeEncoding(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: !isCut).GetString(bytes[2..]),
                [0xfe, 0xff, ..] => new UnicodeEncoding(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: !isCut).GetString(bytes[2..]),
                [0xef, 0xbb, 0xbf, ..] => DecodeUtf8(bytes[3..], isCut),
                _ => DecodeUtf8(bytes, isCut),
            };
            return text.Any(letter => char.IsControl(letter) && letter is not ('\n' or '\r' or '\t' or '\f' or '\x1b')) ? null : text;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Where the bytes were cut off, a letter may be cut, too.</summary>
    private static string DecodeUtf8(ReadOnlySpan<byte> bytes, bool isCut)
    {
        for (int i = 1; isCut && i <= 3 && i < bytes.Length; i++)
        {
            if ((bytes[^i] & 0xc0) == 0xc0)
            {
                bytes = bytes[..^i];
                break;
            }
        }

        return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes);
    }
}

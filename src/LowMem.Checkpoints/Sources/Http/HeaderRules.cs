using System.Net.Http.Headers;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>What may be sent as a header. A line break in one would begin another.</summary>
internal static class HeaderRules
{
    /// <summary>What is made here, so that the answer can be checked, or belongs to the connection.</summary>
    private static readonly HashSet<string> Own = new(StringComparer.OrdinalIgnoreCase)
    {
        "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Accept-Encoding", "Host", "Connection",
        "Content-Length", "Content-Type", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Expect", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection",
    };

    /// <exception cref="CheckpointException">The header is none, or one that is made here. The value is not told.</exception>
    public static void Check(string name, string value)
    {
        string shown = DisplayText.Name(name);
        if (Own.Contains(name))
        {
            throw RemoteErrors.Invalid(shown, "this header is made by the command itself and cannot be given");
        }

        using var request = new HttpRequestMessage();
        if (!IsToken(name) || value.AsSpan().IndexOfAnyInRange('\0', '\u001f') >= 0 || !request.Headers.TryAddWithoutValidation(name, value))
        {
            throw RemoteErrors.Invalid(shown, "this is no header of a request, or its value has what a header cannot hold");
        }
    }

    /// <exception cref="CheckpointException">It is empty, or has what no header can hold. It is not told.</exception>
    public static void CheckToken(string token, string what)
    {
        if (token.Length == 0 || token.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0 || !AuthenticationHeaderValue.TryParse($"Bearer {token}", out _))
        {
            throw RemoteErrors.Invalid(what, "it is empty, or has blanks or letters that no token has");
        }
    }

    private static bool IsToken(string name) =>
        name.Length > 0 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+-.^_`|~".Contains(letter, StringComparison.Ordinal));
}

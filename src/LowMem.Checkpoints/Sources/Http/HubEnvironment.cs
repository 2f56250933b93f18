using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>The environment variables and files that Hugging Face's own tools use.</summary>
/// <param name="get">Looks up a variable.</param>
/// <param name="readFile">Reads a text file; null when it is not there or may not be read.</param>
internal sealed class HubEnvironment(Func<string, string?> get, Func<string, string?> readFile)
{
    public const string PublicEndpoint = "https://huggingface.co";

    /// <summary>A token is a line; a file that is longer is none.</summary>
    private const int LongestFile = 4096;

    /// <summary>That of this process.</summary>
    public static HubEnvironment OfProcess { get; } = new(Environment.GetEnvironmentVariable, ReadSmallFile);

    /// <summary>The address of the hub.</summary>
    public string Endpoint => Find("HF_ENDPOINT") ?? PublicEndpoint;

    /// <summary>Whether nothing may be fetched.</summary>
    public bool IsOffline => IsSet("HF_HUB_OFFLINE");

    /// <summary>The token of whoever is logged in; null when nobody is, or tokens are not to be sent unasked.</summary>
    /// <exception cref="CheckpointException">It is none.</exception>
    public string? FindToken()
    {
        if (IsSet("HF_HUB_DISABLE_IMPLICIT_TOKEN"))
        {
            return null;
        }

        string? token = Find("HF_TOKEN") ?? Find("HUGGING_FACE_HUB_TOKEN");
        string what = "The token of HF_TOKEN";
        if (token is null)
        {
            token = readFile(Find("HF_TOKEN_PATH") ?? Path.Combine(FindHome(), "token"))?.Trim();
            what = "The token in the file of Hugging Face's tools";
        }

        if (!string.IsNullOrEmpty(token))
        {
            HeaderRules.CheckToken(token, what);
            return token;
        }

        return null;
    }

    private string FindHome()
    {
        if (Find("HF_HOME") is { } home)
        {
            return home;
        }

        string profile = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return Path.Combine(Find("XDG_CACHE_HOME") ?? Path.Combine(profile, ".cache"), "huggingface");
    }

    private string? Find(string name) => get(name)?.Trim() is { Length: > 0 } value ? value : null;

    private bool IsSet(string name) => Find(name)?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

    private static string? ReadSmallFile(string path)
    {
        try
        {
            using var handle = RegularFile.Open(Path.GetFullPath(path));
            byte[] bytes = new byte[LongestFile];
            int length = RandomAccess.Read(handle, bytes, 0);
            return length == LongestFile ? null : System.Text.Encoding.UTF8.GetString(bytes, 0, length);
        }
        catch (Exception exception) when (exception is CheckpointException or ArgumentException || FileErrors.IsFileError(exception))
        {
            return null;
        }
    }
}

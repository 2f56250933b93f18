
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Verification;

/// <summary>
/// The cache of Hugging Face: <c>snapshots/REVISION/model.safetensors</c> is a link to <c>../../blobs/DIGEST</c>. Of large
/// files the digest is the SHA-256; of small ones, with 40 digits, the id that git gives them.
/// </summary>
internal static class HubCache
{
    private const int Sha256Digits = 64;

    /// <summary>The SHA-256 that the name of the file, or of what its link leads to, says it has; or null.</summary>
    public static string? FindDigest(string path)
    {
        string? target = LinkPaths.Resolve(path);
        string? name = Path.GetFileName(target);
        return name is { Length: Sha256Digits }
            && name.All(character => character is (>= '0' and <= '9') or (>= 'a' and <= 'f'))
            && Path.GetFileName(Path.GetDirectoryName(target)) == "blobs"
            ? name
            : null;
    }
}

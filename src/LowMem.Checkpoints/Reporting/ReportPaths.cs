using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Reporting;

/// <summary>Names files in reports: relative to a directory where they lie in it, else in full.</summary>
internal sealed class ReportPaths(string baseDirectory)
{
    private readonly string home = Path.TrimEndingDirectorySeparator(Path.GetFullPath(baseDirectory));

    /// <summary>The directory itself as a URI, with a slash at its end.</summary>
    public string BaseUri => ToUri(home) is var uri && uri.EndsWith('/') ? uri : uri + '/';

    /// <summary>The path with slashes.</summary>
    public string GetName(string path) => FindRelative(path) ?? path;

    /// <summary>A reference relative to the directory, or a URI of its own.</summary>
    public string GetUri(string path) => RemoteNames.IsAddress(path) ? path : FindRelative(path) is { } relative ? Escape(relative) : ToUri(path);

    private string? FindRelative(string path)
    {
        if (!Path.IsPathFullyQualified(path) || path.Contains('\0', StringComparison.Ordinal))
        {
            // Of another kind of machine, by remoting: nothing is known of where it lies.
            return null;
        }

        string relative = Path.GetRelativePath(home, path).Replace(Path.DirectorySeparatorChar, '/');
        return relative is "." or ".." || relative.StartsWith("../", StringComparison.Ordinal) || Path.IsPathRooted(relative)
            ? null
            : relative;
    }

    private static string ToUri(string path)
    {
        string slashes = path.Replace('\\', OperatingSystem.IsWindows() || !path.StartsWith('/') ? '/' : '\\');
        return $"file://{(slashes.StartsWith('/') ? string.Empty : "/")}{Escape(slashes)}";
    }

    /// <summary>Of a Windows path, the colon behind the drive stays.</summary>
    private static string Escape(string path) => string.Join('/', path.Split('/').Select((part, index) =>
        index == 0 && part is [_, ':'] && char.IsAsciiLetter(part[0]) ? part : Uri.EscapeDataString(Repair(part))));

    /// <summary>The same text with half surrogates replaced: what cannot be encoded cannot be written.</summary>
    private static string Repair(string text) => string.Concat(text.EnumerateRunes().Select(rune => rune.ToString()));
}

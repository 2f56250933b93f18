using LowMem.Checkpoints.Exploring;
using LowMem.Checkpoints.Sources;

namespace LowMem.PowerShell.Provider;

/// <summary>
/// Paths as the provider sees them: the place of the checkpoint, then the names from its root down, all of them escaped. What a
/// file or a key is called thus never parts a path, and is never a pattern.
/// </summary>
internal static class DrivePath
{
    private static readonly char[] Separators = ['/', '\\'];

    private static char Separator => Path.DirectorySeparatorChar;

    /// <summary>The parts of a path.</summary>
    public static string[] Split(string path) => path.Split(Separators, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The root of a checkpoint as a path.</summary>
    /// <param name="name">The full path of the checkpoint, or its address.</param>
    public static string OfRoot(string name)
    {
        string[] parts = RemoteNames.IsAddress(name) ? SplitAddress(name) : Path.DirectorySeparatorChar == '/' ? name.Split('/') : name.Split(Separators);
        return Separator + string.Join(Separator, parts.Where(part => part.Length > 0).Select(EscapedName.Escape));
    }

    /// <summary>The full path of a file that the parts of a path name; null when they name none.</summary>
    public static string? ToFileName(IEnumerable<string> parts)
    {
        string?[] names = [.. parts.Select(EscapedName.Unescape)];
        return names.Any(name => name is null || name.Contains('\0', StringComparison.Ordinal)) ? null
            : Separator == '/' ? $"/{string.Join('/', names)}" : string.Join(Separator, names);
    }

    /// <summary>The path of something below a path.</summary>
    public static string Combine(string path, string part) => $"{path.TrimEnd(Separators)}{Separator}{part}";

    /// <summary>The path of a place.</summary>
    /// <param name="root">The path of the root.</param>
    /// <param name="place">The place.</param>
    public static string Of(string root, CheckpointPlace place)
    {
        var parts = place.Node.GetNames().Select(EscapedName.Escape);
        return string.Join(Separator, (place.Part is CheckpointPlace.TensorPart or CheckpointPlace.ValuePart ? parts.Append(place.Part) : parts).Prepend(root));
    }

    /// <summary>The last part of a path.</summary>
    public static string GetLast(string path)
    {
        string trimmed = path.TrimEnd(Separators);
        int end = trimmed.LastIndexOfAny(Separators);
        return end < 0 ? trimmed : trimmed[(end + 1)..];
    }

    /// <summary>What is in front of the last part; empty for the root. PowerShell also asks for paths from the root of a drive on.</summary>
    /// <param name="path">The path.</param>
    /// <param name="root">The path of the root; empty or null where there is none.</param>
    public static string GetParent(string path, string? root)
    {
        string trimmed = path.TrimEnd(Separators);
        string top = root?.TrimEnd(Separators) ?? string.Empty;
        int end = trimmed.LastIndexOfAny(Separators);
        if (end < 0 || trimmed.Equals(top, StringComparison.OrdinalIgnoreCase))
        {
            return string.Empty;
        }

        return end == 0 ? trimmed[..1] : trimmed[..end];
    }

    private static string[] SplitAddress(string name)
    {
        int host = name.IndexOf('/', name.IndexOf("//", StringComparison.Ordinal) + 2);
        return host < 0 ? [name] : [name[..host], .. name[host..].Split('/')];
    }
}

namespace LowMem.Checkpoints.Formats;

/// <summary>Names of files that stand in other files.</summary>
internal static class RelativePaths
{
    /// <summary>Whether a name stays inside the directory it is relative to, on every platform.</summary>
    public static bool IsInside(string name) =>
        name.Length > 0
        && !name.Contains('\0', StringComparison.Ordinal)
        && !name.Contains(':', StringComparison.Ordinal)
        && !Path.IsPathRooted(name)
        && !name.Split('/', '\\').Any(part => part is "" or "." or "..");
}

namespace LowMem.Checkpoints.Sources;

/// <summary>Where links lead.</summary>
internal static class LinkPaths
{
    /// <summary>As many as Linux follows.</summary>
    private const int MostLinks = 40;

    /// <summary>The path without any link in it; what is not there is taken as it is.</summary>
    /// <param name="path">A full path.</param>
    /// <returns>Null when links lead in a circle.</returns>
    public static string? Resolve(string path)
    {
        int links = 0;
        string root = Path.GetPathRoot(path)!;
        string resolved = root;
        var rest = new Stack<string>(Split(path[root.Length..]));
        while (rest.TryPop(out string? part))
        {
            string next = part == ".." ? Path.GetDirectoryName(resolved) ?? resolved : Path.Combine(resolved, part);
            if (part == ".." || GetTarget(next) is not { } target)
            {
                resolved = next;
                continue;
            }

            if (++links > MostLinks)
            {
                return null;
            }

            if (Path.IsPathRooted(target))
            {
                resolved = Path.GetPathRoot(target)!;
                target = target[resolved.Length..];
            }

            foreach (string step in Split(target))
            {
                rest.Push(step);
            }
        }

        return resolved;
    }

    /// <summary>What the link at a path says; null when there is no link.</summary>
    public static string? GetTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            return null;
        }
    }

    /// <summary>The last part first.</summary>
    private static IEnumerable<string> Split(string path) => path
        .Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries)
        .Where(part => part != ".")
        .Reverse();
}

namespace LowMem.Checkpoints.Sources;

/// <summary>How many bytes files have; nothing of them is read.</summary>
internal static class FileSizes
{
    /// <summary>Deep enough for an archive that was unpacked, and shallow enough to be quick.</summary>
    private const int MaxDepth = 4;

    /// <summary>The bytes of a file; 0 when there is none, or it may not be looked at.</summary>
    public static long OfFile(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true } file ? file.Length : 0;
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            return 0;
        }
    }

    /// <summary>The bytes of all files in a directory.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="isDeep">Whether those of directories below it count.</param>
    public static long OfDirectory(string path, bool isDeep)
    {
        try
        {
            return new DirectoryInfo(path)
                .EnumerateFiles("*", new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true, RecurseSubdirectories = isDeep, MaxRecursionDepth = MaxDepth })
                .Sum(file => OfFile(file.FullName));
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            return 0;
        }
    }
}

namespace LowMem.Loader.Native.Fixup;

/// <summary>Keeps a mended copy of a library in a folder of the user.</summary>
internal static class FixedCopy
{
    /// <summary>Makes the copy, unless it is there, and returns its path; the original's when no copy can be made.</summary>
    /// <param name="path">The library as it came.</param>
    /// <param name="folder">Where the copy is to be.</param>
    public static string Get(string path, string folder)
    {
        try
        {
            byte[] image = File.ReadAllBytes(path);
            LibraryFixup.Apply(image);
            string copy = Path.Combine(folder, Path.GetFileName(path));
            // Whatever else is there is not loaded.
            if (!File.Exists(copy) || !File.ReadAllBytes(copy).AsSpan().SequenceEqual(image))
            {
                Directory.CreateDirectory(folder);
                string temporary = $"{copy}.{Guid.NewGuid():N}.tmp";
                File.WriteAllBytes(temporary, image);
                File.Move(temporary, copy, overwrite: true);
            }

            return copy;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return path;
        }
    }
}

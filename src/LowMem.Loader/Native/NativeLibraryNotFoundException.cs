namespace LowMem.Loader.Native;

/// <summary>libtorch cannot be used on this machine, or in this installation. Inspection works without it.</summary>
public sealed class NativeLibraryNotFoundException : ModelException
{
    /// <summary>Creates the error.</summary>
    /// <param name="path">The directory or file that was tried.</param>
    /// <param name="missingLibrary">The file name of the library that is missing, or null when none is by name.</param>
    /// <param name="message">What is missing, where, and what to do.</param>
    /// <param name="innerException">The error of the operating system's loader, or null.</param>
    public NativeLibraryNotFoundException(
        string path, string? missingLibrary, string message, Exception? innerException = null)
        : base(ModelErrorIds.NativeLibraryNotFound, message, innerException)
    {
        Path = path;
        MissingLibrary = missingLibrary;
    }

    /// <summary>The directory or file that was tried.</summary>
    public string Path { get; }

    /// <summary>The file name of the library that is missing or does not load; null when none can be named.</summary>
    public string? MissingLibrary { get; }
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;
using LowMem.Loader.Memory.Limits;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Loader.Memory;

/// <summary>A checkpoint file in memory, and the tensors that lie on it: it is mapped until the last of them is gone.</summary>
internal sealed class MemoryMap : TensorMemory
{
    // Pages of the file cost the process nothing but on Windows, where all of them count as its own.
    private MemoryMap(string path, FileMapping mapping, long length)
        : base(mapping, length, pressure: OperatingSystem.IsWindows() ? length : 0) => Path = path;

    /// <summary>The mapped file.</summary>
    public string Path { get; }

    /// <summary>Maps a file, provided it is still the one that was listed.</summary>
    /// <param name="file">The file as it was when it was listed; not empty.</param>
    /// <exception cref="CheckpointException">The file is gone, locked or changed, or cannot be mapped.</exception>
    /// <exception cref="ModelException">There is no address space for it.</exception>
    public static MemoryMap Open(CheckpointFile file) => Open(file, FileMapping.Create);

    internal static MemoryMap Open(CheckpointFile file, Func<SafeFileHandle, long, FileMapping> create)
    {
        using var handle = ListedFile.Open(file);
        return Open(file, handle, create);
    }

    /// <summary>Maps a file that was opened as the one that was listed.</summary>
    /// <param name="file">The file as it was when it was listed; not empty.</param>
    /// <param name="handle">What <see cref="ListedFile"/> opened; it may be closed afterwards.</param>
    /// <exception cref="CheckpointException">The file cannot be mapped.</exception>
    public static MemoryMap Open(CheckpointFile file, SafeFileHandle handle) => Open(file, handle, FileMapping.Create);

    private static MemoryMap Open(CheckpointFile file, SafeFileHandle handle, Func<SafeFileHandle, long, FileMapping> create)
    {
        try
        {
            return new MemoryMap(file.Path, create(handle, file.Length), file.Length);
        }
        catch (Exception error) when (MemoryErrors.IsOutOfMemory(error))
        {
            throw AvailableMemory.GetLimit().CreateError(
                $"a map of '{file.Path}'",
                file.Length,
                "The operating system allows no further map: load a part of the model with -Include and -Resident, or free what is no longer used "
                + "(Dispose, Move-ModuleToMeta).",
                error,
                "load a part of the model with -Resident and -Include: a mapped file takes address space as well");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsupported,
                file.Path,
                $"The file cannot be mapped into memory ({error.Message}). Load it resident instead.",
                error);
        }
    }

    /// <summary>Says that all of it will be used soon: what is read because a value is used, is read in large pages.</summary>
    public void AdviseLargePages() => HugePages.Advise(Start, Length);

    /// <summary>How many times a file is mapped now.</summary>
    public static int CountLive(string path) => CountLive(memory => memory is MemoryMap map && map.Path == path);

    /// <inheritdoc/>
    public override string ToString() => Path;
}

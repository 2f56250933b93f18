using System.Runtime.InteropServices;
using System.Text;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources;

/// <summary>
/// The directory that files are written to. They are made in a directory of their own below it, and take their places when all are
/// complete: by renames, which are there or not, whenever the process ends.
/// </summary>
internal sealed partial class OutputDirectory
{
    private readonly bool isNew;

    /// <param name="path">The full path.</param>
    /// <param name="name">What is written: the name of the directory for the files in the making is made of it.</param>
    public OutputDirectory(string path, string name)
    {
        Path = path;
        StagingName = name + ".converting";
        Staging = System.IO.Path.Combine(path, StagingName);
        isNew = !Directory.Exists(path);
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>The directory of the files in the making: its name, and its full path.</summary>
    public string StagingName { get; }

    /// <inheritdoc cref="StagingName"/>
    public string Staging { get; }

    /// <summary>Whether an earlier conversion left files in the making behind.</summary>
    public bool HasStaging => IsStagingLink || (Directory.Exists(Staging) && Directory.EnumerateFileSystemEntries(Staging).Any());

    /// <summary>Whether the directory is there.</summary>
    public bool IsThere => !isNew;

    /// <summary>Whether somebody put a link in the place of the directory for the files in the making: nothing behind it is ours.</summary>
    public bool IsStagingLink => new DirectoryInfo(Staging).LinkTarget is not null;

    /// <summary>The bytes that this user may write there; null when it cannot be told.</summary>
    public long? FindFreeBytes()
    {
        string? there = Path;
        while (there is not null && !Directory.Exists(there))
        {
            there = System.IO.Path.GetDirectoryName(there);
        }

        try
        {
            return there is null ? null : new DriveInfo(there).AvailableFreeSpace;
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception) || exception is ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The full path of a file in its place.</summary>
    public string GetPath(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The full path of a file in the making.</summary>
    public string GetStaged(string name) => System.IO.Path.Combine(Staging, name);

    /// <summary>Whether something is in the place of a file.</summary>
    public bool Exists(string name) => System.IO.Path.Exists(GetPath(name));

    /// <summary>Whether a file in its place has these bytes, and no others.</summary>
    public bool Holds(string name, ReadOnlySpan<byte> content)
    {
        try
        {
            using var file = CheckpointLocation.Local.Open(GetPath(name));
            return file.Length == content.Length && content.SequenceEqual(file.ReadRange(0, file.Length, "the file"));
        }
        catch (CheckpointException)
        {
            return false;
        }
    }

    /// <summary>Whether a directory is in the place of a file.</summary>
    public bool IsDirectory(string name) => Directory.Exists(GetPath(name));

    /// <summary>Whether a file in the making is there.</summary>
    public bool IsStaged(string name) => !IsStagingLink && File.Exists(GetStaged(name));

    /// <summary>Makes the directory for the files in the making.</summary>
    /// <exception cref="CheckpointException">It cannot be made.</exception>
    public void CreateStaging() => Do(() => Directory.CreateDirectory(Staging));

    /// <summary>Removes the files in the making, and the directory itself if it was made for them.</summary>
    /// <param name="last">The file that goes last: as long as it is there, the others are known.</param>
    public void RemoveStaging(string last)
    {
        try
        {
            if (IsStagingLink)
            {
                Directory.Delete(Staging);
            }
            else if (Directory.Exists(Staging))
            {
                foreach (string file in Directory.GetFiles(Staging).Where(file => System.IO.Path.GetFileName(file) != last))
                {
                    File.Delete(file);
                }

                Directory.Delete(Staging, recursive: true);
            }

            if (isNew && Directory.Exists(Path) && !Directory.EnumerateFileSystemEntries(Path).Any())
            {
                Directory.Delete(Path);
            }
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            // The first error is the one to tell; what stays behind is told of by the next conversion.
        }
    }

    /// <summary>Brings a file into its place, where it takes that of another.</summary>
    /// <exception cref="CheckpointException">It cannot be renamed.</exception>
    public void Move(string staged, string name) => Do(() => File.Move(GetStaged(staged), GetPath(name), overwrite: true), name);

    /// <summary>Gives a file in the making, which is complete, its name among the others in the making.</summary>
    /// <exception cref="CheckpointException">It cannot be renamed.</exception>
    public void Settle(string unfinished, string name) => Do(() => File.Move(GetStaged(unfinished), GetStaged(name), overwrite: true), name);

    /// <summary>Removes a file in the making; one that is not there is no error.</summary>
    public void RemoveStaged(string name) => AtomicFile.Remove(GetStaged(name));

    /// <summary>The length of a file in the making; null when there is none.</summary>
    public long? FindStagedLength(string name) => !IsStagingLink && new FileInfo(GetStaged(name)) is { Exists: true } file ? file.Length : null;

    /// <summary>Gives a file in the making its place as a second name, or a copy where there are no such names.</summary>
    /// <exception cref="CheckpointException">It cannot be done.</exception>
    public void Link(string name) => Do(
        () =>
        {
            // What is in the place goes only where there is something to take it.
            if (!File.Exists(GetStaged(name)))
            {
                throw new FileNotFoundException(null, GetStaged(name));
            }

            File.Delete(GetPath(name));
            if (!TryLink(GetStaged(name), GetPath(name)))
            {
                File.Copy(GetStaged(name), GetPath(name));
            }
        },
        name);

    /// <summary>Removes a file; one that is not there is no error.</summary>
    /// <exception cref="CheckpointException">It cannot be removed.</exception>
    public void Remove(string name) => Do(() => File.Delete(GetPath(name)), name);

    private void Do(Action change, string? name = null)
    {
        try
        {
            change();
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw AtomicFile.Wrap(exception, name is null ? Path : GetPath(name));
        }
    }

    private static unsafe bool TryLink(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            return CreateHardLink(to, from, 0);
        }

        fixed (byte* source = Encoding.UTF8.GetBytes(from + '\0'), target = Encoding.UTF8.GetBytes(to + '\0'))
        {
            return LinkFile(source, target) == 0;
        }
    }

    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_Link")]
    private static unsafe partial int LinkFile(byte* source, byte* target);

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLink(string name, string existing, nint security);
}

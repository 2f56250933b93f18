using System.Runtime.InteropServices;
using LowMem.Loader.Memory.Limits;
using LowMem.Loader.Native.Fixup;

namespace LowMem.Loader.Native;

/// <summary>Loads libtorch from beside this assembly or where the user has installed it, before TorchSharp looks for it elsewhere.</summary>
/// <remarks>
/// TorchSharp's own search finds any libtorch of the system first, and when it finds none it copies half a
/// gigabyte next to its assembly. A library that is loaded already is found by its name before any search starts.
/// </remarks>
public static class NativeLibraryLoader
{
    private static readonly string[] MemoryMessages =
    [
        "failed to map segment from shared object", "cannot allocate memory", "cannot map zero-fill pages",
        "cannot create shared object descriptor", "not enough memory", "paging file is too small", "0x800705AF", "0x80070008",
    ];

    private static readonly string[] VisualCppLibraries = ["msvcp140.dll", "vcruntime140.dll", "vcruntime140_1.dll"];

    private static readonly Lock Gate = new();
    private static nint library;
    private static NativeLibraryNotFoundException? failure;

    /// <summary>The handle of LibTorchSharp, for exports that TorchSharp does not show.</summary>
    /// <exception cref="NativeLibraryNotFoundException">libtorch is not there or does not load.</exception>
    /// <exception cref="ModelException">There is not enough memory for it.</exception>
    internal static nint Handle
    {
        get
        {
            EnsureLoaded();
            return library;
        }
    }

    /// <summary>Whether it has been loaded from here.</summary>
    internal static bool IsLoaded => Volatile.Read(ref library) != 0;

    /// <summary>
    /// Makes sure that libtorch is loaded. Call it before the first use of a TorchSharp type, and in another method
    /// than that use: compiling a method may already run TorchSharp's initialisation. Safe for several threads; a
    /// failure is remembered, and thrown again by each later call, unless it was for want of memory.
    /// </summary>
    /// <exception cref="NativeLibraryNotFoundException">libtorch is not there or does not load.</exception>
    /// <exception cref="ModelException">There is not enough memory for it.</exception>
    public static void EnsureLoaded()
    {
        if (IsLoaded)
        {
            return;
        }

        lock (Gate)
        {
            if (library != 0)
            {
                return;
            }

            if (failure is not null)
            {
                throw failure;
            }

            try
            {
                Volatile.Write(ref library, Load(RuntimeFolder.GetAll(NativePlatform.CurrentRid), NativePlatform.CurrentRid));
            }
            catch (NativeLibraryNotFoundException exception)
            {
                failure = exception;
                throw;
            }
        }
    }

    /// <summary>Forgets that libtorch could not be loaded: it has been installed since.</summary>
    public static void Retry()
    {
        lock (Gate)
        {
            failure = null;
        }
    }

    /// <summary>Loads libtorch from the first directory that has it.</summary>
    internal static nint Load(IReadOnlyList<string> directories, string rid)
    {
        var platform = NativePlatform.Find(rid) ?? throw NativePlatform.NotSupported(directories[0], rid);
        var directory = directories.FirstOrDefault(path => File.Exists(Path.Combine(path, platform.Main)))
            ?? throw Missing(directories[^1], platform.Main, string.Join("' and '", directories));

        // Dependencies first, by full path: LD_LIBRARY_PATH goes before the RUNPATH of the main library, so another
        // libtorch there would be taken instead. One that is loaded already is not searched for.
        foreach (var pattern in platform.Dependencies)
        {
            var file = Directory.EnumerateFiles(directory, pattern).Order(StringComparer.Ordinal).FirstOrDefault()
                ?? throw Missing(directory, pattern, directory);
            LoadFile(file);
        }

        return LoadMain(Path.Combine(directory, platform.Main), rid);
    }

    // As TorchSharp's package has it, it does not load on Debian 12 and Ubuntu 22.04. The build and Install-LowMemRuntime mend theirs;
    // a program that references the package has it as it is.
    private static nint LoadMain(string path, string rid)
    {
        try
        {
            return LoadFile(path);
        }
        catch (NativeLibraryNotFoundException exception) when (
            exception.Message.Contains(LibraryFixup.Version, StringComparison.Ordinal) && RuntimeFolder.OfUser(rid) is { } folder)
        {
            return LoadFile(FixedCopy.Get(path, $"{folder}-fixed"));
        }
    }

    private static nint LoadFile(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception exception) when (exception is OutOfMemoryException || (exception is DllNotFoundException && IsShortOfMemory(exception.Message)))
        {
            throw AvailableMemory.GetLimit().CreateError(
                $"libtorch ('{path}')",
                new FileInfo(path).Length,
                "Free memory, or end what takes it.",
                exception);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw new NativeLibraryNotFoundException(
                path,
                Path.GetFileName(path),
                $"'{path}' does not load. The operating system says: {exception.Message.Trim()} "
                + WhatToInstall(),
                exception);
        }
    }

    // What the loaders of Linux, macOS and Windows say when a library cannot be mapped: of glibc, its own words and those for ENOMEM.
    private static bool IsShortOfMemory(string message) =>
        Array.Exists(MemoryMessages, part => message.Contains(part, StringComparison.OrdinalIgnoreCase));

    // Windows says that "the specified module" is not there, and means one that the library needs.
    private static string WhatToInstall() =>
        OperatingSystem.IsWindows() && !Array.TrueForAll(VisualCppLibraries, name => NativeLibrary.TryLoad(name, out _))
            ? "The Microsoft Visual C++ Redistributable 2015-2022 (x64) is not installed on this machine, and libtorch needs it: install it."
            : "Install what it names, or get libtorch again with Install-LowMemRuntime -Force.";

    private static NativeLibraryNotFoundException Missing(string path, string library, string searched) => new(
        path,
        library,
        $"libtorch, which holds and runs models, is not installed: '{library}' is not in '{searched}'. In PowerShell, type: "
        + "Install-LowMemRuntime. A program gets it with the NuGet package TorchSharp-cpu.");
}

using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace LowMem.Loader.Native;

/// <summary>Makes TorchSharp's types known without loading libtorch, and sees to it that their first use finds ours.</summary>
/// <remarks>
/// Without this, <c>[TorchSharp.torch]</c> is unknown in PowerShell until something here has needed it. TorchSharp loads its
/// native libraries by name when it is first used: those beside its own assembly are found before any of the system. Where they
/// do not load, the search ends at <see cref="Resolve"/>, which says why and keeps it from copying any. No type of TorchSharp may be named here.
/// </remarks>
public static class TorchSharpAssembly
{
    private const string Name = "TorchSharp";

    // A library path is searched for what a library needs before the library's own directory is.
    private static readonly string[] Shadowing = ["libtorch_cpu.so", "libtorch.so", "libc10.so", "libLibTorchSharp.so"];

    private static int prepared;

    /// <summary>
    /// Loads TorchSharp's managed assembly from beside libtorch, or else from beside this one. Does nothing the second time, when it is not there, and when
    /// another libtorch on <c>LD_LIBRARY_PATH</c> would be taken in place of ours: then the first cmdlet that needs libtorch
    /// makes the types known, as it loads ours by full path.
    /// </summary>
    public static void Prepare()
    {
        if (Interlocked.Exchange(ref prepared, 1) != 0)
        {
            return;
        }

        var location = typeof(TorchSharpAssembly).Assembly.Location;
        var path = FindBesideLibtorch() ?? Path.Combine(Path.GetDirectoryName(location) ?? string.Empty, $"{Name}.dll");
        if (location.Length == 0 || !File.Exists(path) || IsShadowed(Environment.GetEnvironmentVariable("LD_LIBRARY_PATH")))
        {
            return;
        }

        AssemblyLoadContext.Default.ResolvingUnmanagedDll += Resolve;
        try
        {
            _ = Assembly.LoadFrom(path);
        }
        catch (Exception exception) when (exception is FileLoadException or BadImageFormatException)
        {
            // Another version is loaded already, or this one is for another system: what needs it says so.
        }
    }

    // Its search begins in its own directory, and goes on in the system, where there may be another libtorch. So where libtorch was
    // installed for the user, the same assembly beside it is taken.
    private static string? FindBesideLibtorch() =>
        RuntimeFolder.Find(NativePlatform.CurrentRid) is { } folder && Path.Combine(folder, $"{Name}.dll") is var path && File.Exists(path)
            ? path
            : null;

    /// <summary>Whether a directory of a library path has another libtorch.</summary>
    /// <param name="libraryPath">The directories, with colons between them; null when there are none.</param>
    internal static bool IsShadowed(string? libraryPath) =>
        OperatingSystem.IsLinux()
        && (libraryPath ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Any(directory => Array.Exists(Shadowing, name => File.Exists(Path.Combine(directory, name))));

    /// <summary>Asked for a native library that was not found by its name.</summary>
    /// <exception cref="ModelException">It is libtorch, and it does not load.</exception>
    private static nint Resolve(Assembly assembly, string library)
    {
        if (assembly.GetName().Name != Name || !library.Contains("torch", StringComparison.OrdinalIgnoreCase))
        {
            return 0;
        }

        try
        {
            return NativeLibraryLoader.Handle;
        }
        catch (ModelException) when (IsSearch(new StackTrace()))
        {
            // When TorchSharp finds nothing it copies half a gigabyte beside its assembly, and fails. So it is told that there is
            // something, and the first function that it calls in there brings it here again, to get the error.
            return NativeLibrary.GetMainProgramHandle();
        }
    }

    private static bool IsSearch(StackTrace trace) => Array.Exists(
        trace.GetFrames(),
        frame => DiagnosticMethodInfo.Create(frame)?.Name.Contains("LoadNativeLibrary", StringComparison.Ordinal) == true
            || DiagnosticMethodInfo.Create(frame)?.Name.Contains("LoadNativeBackend", StringComparison.Ordinal) == true);
}

using System.Runtime.InteropServices;

namespace LowMem.Loader.Native;

/// <summary>What libtorch consists of on one platform.</summary>
/// <param name="Rid">The .NET name of the platform, such as <c>linux-x64</c>.</param>
/// <param name="Main">The library that TorchSharp calls.</param>
/// <param name="Dependencies">
/// What it needs beside it, in the order to load: a pattern of each file's name. Each is needed.
/// </param>
internal sealed record NativePlatform(string Rid, string Main, IReadOnlyList<string> Dependencies)
{
    private static readonly NativePlatform[] Supported =
    [
        new("linux-x64", "libLibTorchSharp.so", ["libgomp*.so*", "libc10.so", "libtorch_cpu.so", "libtorch.so"]),
        new("win-x64", "LibTorchSharp.dll", ["libiomp5md.dll", "uv.dll", "c10.dll", "torch_cpu.dll", "torch.dll"]),
        new("osx-arm64", "libLibTorchSharp.dylib", ["libomp.dylib", "libc10.dylib", "libtorch_cpu.dylib", "libtorch.dylib"]),
    ];

    /// <summary>The names of all supported platforms.</summary>
    public static string SupportedRids => string.Join(", ", Supported.Select(platform => platform.Rid));

    /// <summary>The name of the platform this process runs on.</summary>
    public static string CurrentRid
    {
        get
        {
            var system = OperatingSystem.IsWindows() ? "win"
                : OperatingSystem.IsMacOS() ? "osx"
                : OperatingSystem.IsLinux() ? IsMusl ? "linux-musl" : "linux"
                : "unknown";
            return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        }
    }

    // libtorch is linked with glibc. The runtime names its own C library in its identifier.
    private static bool IsMusl =>
        RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal)
        || RuntimeInformation.RuntimeIdentifier.StartsWith("alpine", StringComparison.Ordinal);

    /// <summary>Finds a platform by name; null when there is no libtorch for it.</summary>
    public static NativePlatform? Find(string rid) => Array.Find(Supported, platform => platform.Rid == rid);

    /// <summary>The error for a platform that there is no libtorch for.</summary>
    public static NativeLibraryNotFoundException NotSupported(string path, string rid) => new(
        path,
        missingLibrary: null,
        $"There is no libtorch for '{rid}' in this module; it is made for {SupportedRids}. "
        + "Inspecting checkpoints works here; modules can be loaded on one of those platforms.");

    /// <summary>Whether a directory has all of libtorch.</summary>
    public bool IsComplete(string directory) =>
        File.Exists(Path.Combine(directory, Main))
        && Dependencies.All(pattern => Directory.EnumerateFiles(directory, pattern).Any());
}

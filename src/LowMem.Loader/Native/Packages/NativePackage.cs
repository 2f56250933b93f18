using System.Text.RegularExpressions;

namespace LowMem.Loader.Native.Packages;

/// <summary>A NuGet package that a part of libtorch comes in: one version, and these bytes alone.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Length">The bytes of the package file.</param>
/// <param name="Sha512">The SHA-512 of the package file, in base 64 as NuGet writes it.</param>
public sealed partial record NativePackage(string Id, string Version, long Length, string Sha512)
{
    // The five libraries that are needed on Linux; the rest of the package is tests, Python bindings and back ends not used here.
    private const string LinuxLibraries = @"^(libLibTorchSharp|libtorch_cpu|libtorch|libc10|libgomp.*)\.so";

    private static readonly NativePackage TorchSharp = new(
        "TorchSharp",
        RuntimeFolder.TorchSharpVersion,
        3_345_464,
        "fPXVTF5bUGX7lQqSafcP2W9n3ehuFNKCch7JYghGnEDdDyjOMxtuk0/JJWNiwI82Cw4Lmx3HN7MCoSFFRZeWig==");

    private static readonly Dictionary<string, NativePackage> Libtorch = new()
    {
        ["linux-x64"] = new(
            "libtorch-cpu-linux-x64",
            LibtorchVersion,
            128_200_806,
            "XjuaFwqqvwstyeUWyz/xtfhODesmagoPKO7T0VRmiW+r0pJwsXB/vHydA7it9xge36PSXW1qLyRRzvM3J8i9UA=="),
        ["win-x64"] = new(
            "libtorch-cpu-win-x64",
            LibtorchVersion,
            79_854_046,
            "qvrEe8b8U1SPnsqShWgJ9gE/UfzFiq+QRPJdAegxwtEBgL/jZPQPvKAhqYkpEe5kb6AXCi840KDqvDaHQuAqEA=="),
        ["osx-arm64"] = new(
            "libtorch-cpu-osx-arm64",
            LibtorchVersion,
            56_910_439,
            "njbW4NbjnO3UYsZymJA5EA8kvFQZveW2rVS07QinYOxxgs6hyZFTI82zBDt0ix1yRRCZ+v+fm+pHXG37WKjyhA=="),
    };

    /// <summary>The version of libtorch.</summary>
    public const string LibtorchVersion = "2.10.0";

    /// <summary>The packages that are needed on a platform.</summary>
    /// <param name="rid">The .NET name of the platform.</param>
    /// <exception cref="NativeLibraryNotFoundException">There is no libtorch for it.</exception>
    public static IReadOnlyList<NativePackage> For(string rid) =>
        Libtorch.TryGetValue(rid, out var libtorch) ? [TorchSharp, libtorch] : throw NativePlatform.NotSupported(rid, rid);

    /// <summary>The name that a file of the package gets in the folder of libtorch; null for one that is not needed.</summary>
    /// <param name="entry">The path in the package.</param>
    /// <param name="rid">The .NET name of the platform.</param>
    internal static string? GetInstalledName(string entry, string rid)
    {
        if (entry is "lib/net8.0/TorchSharp.dll" or "LICENSE-LIBTORCH.txt")
        {
            return Path.GetFileName(entry);
        }

        if (entry == "LICENSE.txt")
        {
            return "LICENSE-TORCHSHARP.txt";
        }

        string folder = $"runtimes/{rid}/native/";
        if (!entry.StartsWith(folder, StringComparison.Ordinal))
        {
            return null;
        }

        string name = entry[folder.Length..];
        bool wanted = !name.AsSpan().ContainsAny('/', '\\') && (rid != "linux-x64" || NeededOnLinux().IsMatch(name));
        return wanted ? name : null;
    }

    [GeneratedRegex(LinuxLibraries, RegexOptions.CultureInvariant)]
    private static partial Regex NeededOnLinux();
}

using System.Reflection;

namespace LowMem.Fuzz;

/// <summary>Where the build found what the fuzzer needs.</summary>
internal static class BuildPaths
{
    private static readonly Dictionary<string, string> Paths = typeof(BuildPaths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .ToDictionary(item => item.Key, item => item.Value!, StringComparer.Ordinal);

    public static string Fixtures => Paths["FixtureDirectory"];

    /// <summary>The file of one of our libraries, or null for any other assembly.</summary>
    public static string? FindLibrary(string assembly) =>
        Paths.TryGetValue(assembly, out string? path) && path.EndsWith(".dll", StringComparison.Ordinal) ? path : null;
}

using System.Reflection;

namespace LowMem.Report.Tests;

/// <summary>Where things are that a machine may have or not, and where this repository is.</summary>
internal static class Executables
{
    /// <summary>The top of the checkout.</summary>
    public static string Root { get; } = Path.GetFullPath(
        typeof(Executables).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "RootDirectory").Value!);

    /// <summary>The first of some programs on the PATH; null when there is none.</summary>
    public static string? Find(params string[] names)
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }
}

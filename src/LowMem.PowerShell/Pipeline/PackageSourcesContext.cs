using System.Reflection;
using System.Runtime.Loader;
using LowMem.Loader.Native.Packages;

namespace LowMem.PowerShell.Pipeline;

/// <summary>
/// Loads NuGet's client library, which is in a folder of its own, apart from everything else: another module of the session may
/// have another version of it. What is not in the folder, this module's own assemblies among it, is the session's.
/// </summary>
internal sealed class PackageSourcesContext : AssemblyLoadContext
{
    private const string AssemblyName = "LowMem.PackageSources";

    private static readonly Lazy<IPackageFetcher> Shared = new(() => new PackageSourcesContext().Create());

    private readonly string folder = Path.Combine(
        Path.GetDirectoryName(typeof(PackageSourcesContext).Assembly.Location) ?? AppContext.BaseDirectory, "packages");

    private PackageSourcesContext()
        : base(AssemblyName)
    {
    }

    /// <summary>Gets packages by NuGet's client library.</summary>
    public static IPackageFetcher Fetcher => Shared.Value;

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string path = Path.Combine(folder, $"{assemblyName.Name}.dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }

    private IPackageFetcher Create() => (IPackageFetcher)Activator.CreateInstance(
        LoadFromAssemblyPath(Path.Combine(folder, $"{AssemblyName}.dll")).GetType($"{AssemblyName}.NuGetPackageFetcher", throwOnError: true)!)!;
}

using System.Reflection;
using System.Runtime.Loader;
using SharpFuzz;

namespace LowMem.Fuzz;

/// <summary>
/// Loads our libraries as copies in memory in which every branch counts its visits. No instrumented file is ever written
/// where a build could pick it up.
/// </summary>
internal static class Instrumentation
{
    /// <summary>To be called before the first use of a type of the libraries.</summary>
    public static void Install() => AssemblyLoadContext.Default.Resolving += Load;

    private static Assembly? Load(AssemblyLoadContext context, AssemblyName name)
    {
        if (name.Name is null || BuildPaths.FindLibrary(name.Name) is not { } path)
        {
            return null;
        }

        string directory = Directory.CreateTempSubdirectory("lowmem-instrumented-").FullName;
        try
        {
            string copy = Path.Combine(directory, Path.GetFileName(path));
            File.Copy(path, copy);
            _ = Fuzzer.Instrument(copy, _ => true, Options.Value);
            return context.LoadFromStream(new MemoryStream(File.ReadAllBytes(copy)));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}

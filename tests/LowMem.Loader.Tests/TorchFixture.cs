using System.Runtime.CompilerServices;
using LowMem.Loader.Native;

namespace LowMem.Loader.Tests;

/// <summary>Loads libtorch before any test method that uses TorchSharp is compiled.</summary>
internal static class TorchFixture
{
    /// <summary>The variable that tells a child process to start without libtorch.</summary>
    public const string WithoutNatives = "LOWMEM_TEST_WITHOUT_NATIVES";

#pragma warning disable CA2255 // A test assembly is an application: it may initialise what it needs.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Load()
    {
        if (Environment.GetEnvironmentVariable(WithoutNatives) is null)
        {
            NativeLibraryLoader.EnsureLoaded();
        }
    }
}

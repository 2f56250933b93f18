using System.Runtime.CompilerServices;
using LowMem.Loader.Native;

namespace LowMem.Loader.Tests;

/// <summary>Loads libtorch before any test method that uses TorchSharp is compiled.</summary>
internal static class TorchFixture
{
#pragma warning disable CA2255 // A test assembly is an application: it may initialise what it needs.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Load() => NativeLibraryLoader.EnsureLoaded();
}

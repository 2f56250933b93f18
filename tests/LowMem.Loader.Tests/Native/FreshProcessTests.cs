using System.Runtime.CompilerServices;
using LowMem.Checkpoints;
using LowMem.Loader.Meta;
using LowMem.Loader.Modules;
using LowMem.Loader.Native;
using LowMem.Loader.Skeletons;
using LowMem.Loader.Skeletons.Containers;
using TorchSharp;

namespace LowMem.Loader.Tests.Native;

/// <summary>What depends on how a process starts: each test runs an explicit one of these in a process of its own.</summary>
public class FreshProcessTests
{
    [Fact]
    public async Task AnotherLibtorchOnTheLibraryPathIsNotTaken()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "LD_LIBRARY_PATH is Linux");
        using var directory = new TempDirectory();
        foreach (var name in new[] { "libtorch_cpu.so", "libc10.so", "libtorch.so", "libLibTorchSharp.so" })
        {
            File.WriteAllText(directory[name], "another libtorch");
        }

        await ChildProcess.RunAsync(typeof(FreshProcessTests), nameof(LibtorchComesFromBesideTheAssembly), AppContext.BaseDirectory, ("LD_LIBRARY_PATH", directory.Path));
    }

    [Fact]
    public void LibtorchComesFromBesideTheAssembly()
    {
        ChildProcess.SkipUnlessChild();
        Assert.Equal(3f, torch.arange(3, dtype: torch.ScalarType.Float32).sum().item<float>());
        var loaded = File.ReadLines("/proc/self/maps")
            .Where(line => line.Contains("libtorch_cpu", StringComparison.Ordinal))
            .Select(line => line[line.IndexOf('/', StringComparison.Ordinal)..])
            .Distinct();
        Assert.Equal([Path.Combine(AppContext.BaseDirectory, "runtimes/linux-x64/native/libtorch_cpu.so")], loaded);
    }

    [Fact]
    public async Task WithoutLibtorchEveryEntryPointSaysSoAndNothingIsCopied()
    {
        using var directory = new TempDirectory();
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory))
        {
            File.Copy(file, Path.Combine(directory.Path, Path.GetFileName(file)));
        }

        await ChildProcess.RunAsync(typeof(FreshProcessTests), nameof(EveryEntryPointFails), directory.Path, (TorchFixture.WithoutNatives, "1"), ("XDG_DATA_HOME", directory.Path));

        // TorchSharp's own search would have made a directory "cpu" with half a gigabyte in it.
        Assert.Empty(Directory.GetDirectories(directory.Path));
    }

    [Fact]
    public void EveryEntryPointFails()
    {
        ChildProcess.SkipUnlessChild();

        // A module cannot be created here; what is tried is that no entry point gets as far as looking at it.
        var module = (ModuleContainer)RuntimeHelpers.GetUninitializedObject(typeof(ModuleContainer));
        var checkpoint = new Checkpoint { Path = "x", Format = CheckpointFormats.Safetensors, Tensors = [], Files = [] };

        Action[] entries =
        [
            NativeLibraryLoader.EnsureLoaded,
            () => ModuleTree.GetParameters(module),
            () => MetaMover.Move(module),
            () => SkeletonBuilder.FromFactory(() => null),
            () => SkeletonBuilder.FromAssembly(typeof(Checkpoint).Assembly.Location, "Model"),
            () => SkeletonBuilder.FromCheckpoint(checkpoint, null, TestContext.Current.CancellationToken),
        ];
        Assert.All(entries, entry =>
        {
            var error = Assert.Throws<NativeLibraryNotFoundException>(entry);
            Assert.Equal("NativeLibraryNotFound", error.ErrorId);
            Assert.Contains(AppContext.BaseDirectory.TrimEnd('/', '\\'), error.Message, StringComparison.Ordinal);
        });
    }
}

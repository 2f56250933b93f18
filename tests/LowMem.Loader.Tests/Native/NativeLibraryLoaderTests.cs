using LowMem.Loader.Native;

namespace LowMem.Loader.Tests.Native;

public class NativeLibraryLoaderTests
{
    private static string Staged => Path.Combine(AppContext.BaseDirectory, "runtimes", NativePlatform.CurrentRid, "native");

    [Fact]
    public void LoadingAgainGivesTheSameLibrary()
    {
        NativeLibraryLoader.EnsureLoaded();
        Assert.Equal(NativeLibraryLoader.Handle, NativeLibraryLoader.Load([Staged], NativePlatform.CurrentRid));
    }

    [Fact]
    public void NothingThereIsOneClearError()
    {
        using var directory = new TempDirectory();

        var error = Assert.Throws<NativeLibraryNotFoundException>(
            () => NativeLibraryLoader.Load([directory.Path, directory.Path + "/runtimes"], "linux-x64"));

        Assert.Equal("NativeLibraryNotFound", error.ErrorId);
        Assert.Equal("libLibTorchSharp.so", error.MissingLibrary);
        Assert.Contains(
            $"'libLibTorchSharp.so' is not in '{directory.Path}' and '{directory.Path}/runtimes'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("libtorch_cpu.so")]
    [InlineData("libgomp*.so*")]
    public void AMissingDependencyIsNamed(string pattern)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "names the files of Linux");
        using var directory = new TempDirectory();
        foreach (var file in Directory.GetFiles(Staged))
        {
            File.CreateSymbolicLink(Path.Combine(directory.Path, Path.GetFileName(file)), file);
        }

        File.Delete(Directory.GetFiles(directory.Path, pattern).Single());

        var error = Assert.Throws<NativeLibraryNotFoundException>(() => NativeLibraryLoader.Load([directory.Path], "linux-x64"));

        Assert.Equal((pattern, directory.Path), (error.MissingLibrary, error.Path));
    }

    [Fact]
    public void AFileThatDoesNotLoadIsNamedWithWhatTheSystemSays()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "names the files of Linux");
        using var directory = new TempDirectory();
        foreach (var file in Directory.GetFiles(Staged))
        {
            File.WriteAllText(Path.Combine(directory.Path, Path.GetFileName(file)), "no library");
        }

        var error = Assert.Throws<NativeLibraryNotFoundException>(() => NativeLibraryLoader.Load([directory.Path], "linux-x64"));

        Assert.StartsWith("libgomp", error.MissingLibrary, StringComparison.Ordinal);
        Assert.Contains("The operating system says", error.Message, StringComparison.Ordinal);
        Assert.IsType<DllNotFoundException>(error.InnerException);
    }

    [Theory]
    [InlineData("linux-arm64")]
    [InlineData("linux-musl-x64")]
    [InlineData("win-x86")]
    public void APlatformWithoutLibtorchIsToldSo(string rid)
    {
        var error = Assert.Throws<NativeLibraryNotFoundException>(() => NativeLibraryLoader.Load([Staged], rid));

        Assert.Null(error.MissingLibrary);
        Assert.Contains($"There is no libtorch for '{rid}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("linux-x64, win-x64, osx-arm64", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherLibtorchOnTheLibraryPathKeepsTorchSharpFromBeingMadeKnownEarly()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "LD_LIBRARY_PATH is Linux");
        using var directory = new TempDirectory();
        Assert.False(TorchSharpAssembly.IsShadowed(null));
        Assert.False(TorchSharpAssembly.IsShadowed($"::{directory.Path}:/none"));

        File.WriteAllText(directory["libc10.so"], "another libtorch");
        Assert.True(TorchSharpAssembly.IsShadowed($"/none:{directory.Path}"));
    }
}

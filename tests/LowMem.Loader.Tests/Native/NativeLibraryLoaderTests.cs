using LowMem.Loader.Native;

namespace LowMem.Loader.Tests.Native;

public class NativeLibraryLoaderTests
{
    private static string Staged => Path.Combine(AppContext.BaseDirectory, "runtimes", NativePlatform.CurrentRid, "native");

    [Fact]
    public void Loading_again_gives_the_same_library()
    {
        NativeLibraryLoader.EnsureLoaded();
        Assert.Equal(NativeLibraryLoader.Handle, NativeLibraryLoader.Load([Staged], NativePlatform.CurrentRid));
    }

    [Fact]
    public void Nothing_there_is_one_clear_error()
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
    public void A_missing_dependency_is_named(string pattern)
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
    public void A_file_that_does_not_load_is_named_with_what_the_system_says()
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
    public void A_platform_without_libtorch_is_told_so(string rid)
    {
        var error = Assert.Throws<NativeLibraryNotFoundException>(() => NativeLibraryLoader.Load([Staged], rid));

        Assert.Null(error.MissingLibrary);
        Assert.Contains($"There is no libtorch for '{rid}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("linux-x64, win-x64, osx-arm64", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_libtorch_on_the_library_path_keeps_TorchSharp_from_being_made_known_early()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "LD_LIBRARY_PATH is Linux");
        using var directory = new TempDirectory();
        Assert.False(TorchSharpAssembly.IsShadowed(null));
        Assert.False(TorchSharpAssembly.IsShadowed($"::{directory.Path}:/none"));

        File.WriteAllText(directory["libc10.so"], "another libtorch");
        Assert.True(TorchSharpAssembly.IsShadowed($"/none:{directory.Path}"));
    }
}

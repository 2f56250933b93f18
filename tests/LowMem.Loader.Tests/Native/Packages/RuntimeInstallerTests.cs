using System.Security.Cryptography;
using LowMem.Loader.Native;
using LowMem.Loader.Native.Fixup;
using LowMem.Loader.Native.Packages;
using NuGet.Configuration;

namespace LowMem.Loader.Tests.Native.Packages;

public sealed class RuntimeInstallerTests : IDisposable
{
    private readonly TempDirectory directory = new();

    private string Folder => directory["runtimes/linux-x64"];

    private string Part => directory["runtimes/TorchSharp.0.107.0.nupkg.part"];

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task APackageOfOtherBytesIsRefusedAndNothingOfItStays()
    {
        var error = await Assert.ThrowsAsync<ModelException>(() => Install(new Fetcher((_, file) => file.Write([1, 2, 3]))));

        string digest = Convert.ToBase64String(SHA512.HashData([1, 2, 3]));
        Assert.Equal(ModelErrorIds.RuntimePackageInvalid, error.ErrorId);
        Assert.Contains($"TorchSharp 0.107.0 of 'here' is not the package that is expected, and was not used: its 3 bytes have the SHA-512 {digest}", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo(Part).Length);
        Assert.False(Directory.Exists(Folder));
        Assert.False(Directory.Exists($"{Folder}.new"));
    }

    [Fact]
    public async Task WhatAnEarlierCallLeftIsThrownAwayOnceWhenItIsNoBeginning()
    {
        Directory.CreateDirectory(directory["runtimes"]);
        File.WriteAllBytes(Part, [7, 7]);
        var seen = new List<long>();

        await Assert.ThrowsAsync<ModelException>(() => Install(new Fetcher((_, file) => seen.Add(file.Length))));

        Assert.Equal([2, 0], seen);
    }

    [Fact]
    public async Task WhatHasArrivedStaysForTheNextCallWhenItIsStopped()
    {
        await Assert.ThrowsAsync<OperationCanceledException>(() => Install(new Fetcher((_, file) =>
        {
            file.Write([1, 2, 3]);
            throw new OperationCanceledException();
        })));

        Assert.Equal([1, 2, 3], File.ReadAllBytes(Part));
        Assert.False(Directory.Exists(Folder));
    }

    [Fact]
    public async Task WhoIsStoppedWhileAnotherOneInstallsTakesNothingFromIt()
    {
        bool isThere = false;
        await Assert.ThrowsAsync<ModelException>(() => Install(new Fetcher((_, file) =>
        {
            if (file.Length == 0 && !isThere)
            {
                using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
                var waiting = new RuntimeInstaller(new Fetcher((_, _) => Assert.Fail("asked"))).InstallAsync(Folder, "linux-x64", [], false, null, soon.Token);
                Assert.ThrowsAny<OperationCanceledException>(() => waiting.GetAwaiter().GetResult());
                isThere = Directory.Exists($"{Folder}.new");
            }

            file.Write([1, 2, 3]);
        })));

        Assert.True(isThere);
        Assert.False(Directory.Exists($"{Folder}.new"));
    }

    [Fact]
    public async Task AFolderThatCannotBeMadeIsOneError()
    {
        File.WriteAllText(directory["file"], string.Empty);
        var error = await Assert.ThrowsAsync<ModelException>(() =>
            new RuntimeInstaller(new Fetcher((_, _) => { })).InstallAsync(directory["file/x/linux-x64"], "linux-x64", [], false, null, TestContext.Current.CancellationToken));

        Assert.Equal(ModelErrorIds.RuntimeNotWritten, error.ErrorId);
        Assert.Contains("the right to write", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APlatformWithoutLibtorchIsToldSoBeforeAnythingIsAskedFor() =>
        await Assert.ThrowsAsync<NativeLibraryNotFoundException>(() =>
            new RuntimeInstaller(new Fetcher((_, _) => Assert.Fail("asked"))).InstallAsync(Folder, "linux-arm64", [], true, null, TestContext.Current.CancellationToken));

    [Fact]
    public async Task WhatIsThereIsNotInstalledAgain()
    {
        Directory.CreateDirectory(Folder);
        foreach (string name in (string[])["libLibTorchSharp.so", "libgomp.so.1", "libc10.so", "libtorch_cpu.so", "libtorch.so"])
        {
            File.WriteAllBytes(Path.Combine(Folder, name), [1]);
        }

        var installed = await new RuntimeInstaller(new Fetcher((_, _) => Assert.Fail("asked")))
            .InstallAsync(Folder, "linux-x64", [], false, null, TestContext.Current.CancellationToken);

        Assert.Equal(new RuntimeInstallation("linux-x64", "0.107.0", "2.10.0", Folder, 5, null), installed);
    }

    [Theory]
    [InlineData("linux-x64")]
    [InlineData("win-x64")]
    [InlineData("osx-arm64")]
    public void ThePinsAreThoseOfThePackagesThatTheBuildUses(string rid)
    {
        Assert.Equal(RuntimeFolder.TorchSharpVersion, typeof(TorchSharp.torch).Assembly.GetName().Version!.ToString(3));
        string root = SettingsUtility.GetGlobalPackagesFolder(Settings.LoadDefaultSettings(null));
        foreach (var package in NativePackage.For(rid))
        {
#pragma warning disable CA1308
            string file = Path.Combine(root, package.Id.ToLowerInvariant(), package.Version, $"{package.Id.ToLowerInvariant()}.{package.Version}.nupkg");
#pragma warning restore CA1308
            Assert.SkipUnless(File.Exists($"{file}.sha512"), "the packages are not in NuGet's folder");
            Assert.Equal((package.Length, package.Sha512), (new FileInfo(file).Length, File.ReadAllText($"{file}.sha512")));
        }
    }

    [Theory]
    [InlineData("runtimes/linux-x64/native/libtorch_cpu.so", "linux-x64", "libtorch_cpu.so")]
    [InlineData("runtimes/linux-x64/native/libgomp-98b21ff3.so.1", "linux-x64", "libgomp-98b21ff3.so.1")]
    [InlineData("runtimes/linux-x64/native/libtorch_python.so", "linux-x64", null)]
    [InlineData("runtimes/linux-x64/native/../../../libc10.so", "linux-x64", null)]
    [InlineData("runtimes/win-x64/native/..\\torch.dll", "win-x64", null)]
    [InlineData("runtimes/win-x64/native/uv.dll", "win-x64", "uv.dll")]
    [InlineData("runtimes/win-x64/native/uv.dll", "osx-arm64", null)]
    [InlineData("LICENSE.txt", "linux-x64", "LICENSE-TORCHSHARP.txt")]
    [InlineData("lib/net8.0/TorchSharp.dll", "win-x64", "TorchSharp.dll")]
    public void OnlyWhatIsNeededIsUnpackedAndNothingLeavesTheFolder(string entry, string rid, string? name) =>
        Assert.Equal(name, NativePackage.GetInstalledName(entry, rid));

    [Fact]
    public void TheMendedCopyOfALibraryIsMadeOnceAndWhateverElseIsThereIsReplaced()
    {
        string library = directory["lib.so"];
        File.WriteAllBytes(library, ElfFile.Build(LibraryFixup.Version, LibraryFixup.MarkerSymbol));

        string copy = FixedCopy.Get(library, directory["fixed"]);
        byte[] mended = File.ReadAllBytes(copy);
        Assert.Equal(2, mended[ElfFile.FlagsAt]);

        File.WriteAllText(copy, "something else");
        Assert.Equal(copy, FixedCopy.Get(library, directory["fixed"]));
        Assert.Equal(mended, File.ReadAllBytes(copy));

        File.WriteAllText(library, "no library");
        Assert.Equal(library, FixedCopy.Get(library, directory["fixed"]));
    }

    private Task<RuntimeInstallation> Install(Fetcher fetcher) =>
        new RuntimeInstaller(fetcher).InstallAsync(Folder, "linux-x64", [], false, null, TestContext.Current.CancellationToken);

    private sealed class Fetcher(Action<NativePackage, FileStream> fetch) : IPackageFetcher
    {
        public Task<string> FetchAsync(
            NativePackage package, IReadOnlyList<string> sources, FileStream destination, Action<long> arrived, CancellationToken cancellationToken)
        {
            fetch(package, destination);
            return Task.FromResult("here");
        }
    }
}

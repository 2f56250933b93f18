using LowMem.Loader.Native.Fixup;

namespace LowMem.Loader.Tests.Native;

public class LibraryFixupTests
{
    [Fact]
    public void TheLibraryInUseHasAWeakNeedAndNothingElseToFix()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the fix-up is for Linux");
        var image = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "runtimes/linux-x64/native/libLibTorchSharp.so"));

        var elf = new ElfImage(image);
        var need = elf.FindVersionNeed(LibraryFixup.Version);

        Assert.NotNull(need);
        Assert.True(need.IsWeak);
        Assert.Equal([LibraryFixup.MarkerSymbol], elf.GetSymbolsOfVersion(need.Index));
        Assert.False(elf.FindVersionNeed("GLIBCXX_3.4")!.IsWeak);
        Assert.Contains("weak already", LibraryFixup.Apply(image), StringComparison.Ordinal);
    }

    [Fact]
    public void OnlyTheFlagsOfTheOneEntryChange()
    {
        var image = ElfFile.Build(LibraryFixup.Version, LibraryFixup.MarkerSymbol);
        var before = (byte[])image.Clone();

        Assert.Equal("its need of GLIBCXX_3.4.32 is weak now.", LibraryFixup.Apply(image));

        Assert.Equal(2, image[ElfFile.FlagsAt]);
        image[ElfFile.FlagsAt] = 0;
        Assert.Equal(before, image);
    }

    [Fact]
    public void ALibraryWithoutTheNeedIsLeftAloneAndThatIsSaid()
    {
        var image = ElfFile.Build("GLIBCXX_3.4.30", "some_symbol");
        var before = (byte[])image.Clone();

        Assert.Equal("does not need GLIBCXX_3.4.32; left as it is.", LibraryFixup.Apply(image));
        Assert.Equal(before, image);
    }

    [Fact]
    public void ANeedOfRealSymbolsStaysStrongAndTheyAreNamed()
    {
        var image = ElfFile.Build(LibraryFixup.Version, LibraryFixup.MarkerSymbol, "_ZSt8new_thing");
        var before = (byte[])image.Clone();

        Assert.Contains("for _ZSt8new_thing; left as it is", LibraryFixup.Apply(image), StringComparison.Ordinal);
        Assert.Equal(before, image);
    }

    [Fact]
    public void RunningTwiceGivesTheSameFileAndNeverTouchesTheSource()
    {
        using var directory = new TempDirectory();
        var source = directory["source.so"];
        var destination = Path.Combine(directory.Path, "staged", "copy.so");
        var original = ElfFile.Build(LibraryFixup.Version, LibraryFixup.MarkerSymbol);
        File.WriteAllBytes(source, original);

        Assert.Equal("copy.so: its need of GLIBCXX_3.4.32 is weak now.", LibraryFixup.Run(source, destination));
        var first = File.ReadAllBytes(destination);
        LibraryFixup.Run(source, destination);

        Assert.Equal(first, File.ReadAllBytes(destination));
        Assert.Equal(original, File.ReadAllBytes(source));
        Assert.Equal([destination], Directory.GetFiles(Path.GetDirectoryName(destination)!));
        Assert.Throws<IOException>(() => LibraryFixup.Run(source, source));
    }

    public static TheoryData<string, Action<byte[]>> Hostile => new()
    {
        { "not an ELF file", image => image[0] = (byte)'M' },
        { "not 64-bit", image => image[4] = 1 },
        { "not 64-bit little-endian", image => image[5] = 2 },
        { "section headers at offset", image => ElfFile.Write64(image, 40, ulong.MaxValue) },
        { "section headers at offset", image => ElfFile.Write64(image, 40, (ulong)image.Length - 32) },
        { "do not fit", image => ElfFile.Write16(image, 60, 6) },
        { "ends beyond the file", image => ElfFile.Write64(image, ElfFile.SectionsAt + 64 + 32, 1UL << 62) },
        { "ends beyond the file", image => ElfFile.Write64(image, ElfFile.SectionsAt + 64 + 24, ulong.MaxValue) },
        { "linked to section 77", image => ElfFile.Write32(image, ElfFile.SectionsAt + 2 * 64 + 40, 77) },
        { "beyond the string table", image => ElfFile.Write32(image, ElfFile.NeedsAt + 16 + 8, 400_000) },
        { "beyond their section", image => ElfFile.Write32(image, ElfFile.NeedsAt + 8, uint.MaxValue) },
        { "has no end", image => Array.Fill(image, (byte)'x', ElfFile.StringsAt, ElfFile.NeedsAt - ElfFile.StringsAt) },
        { "not linked to the dynamic symbols", image => ElfFile.Write32(image, ElfFile.SectionsAt + 4 * 64 + 40, 1) },
        { "beyond their section", image => ElfFile.Write64(image, ElfFile.SectionsAt + 3 * 64 + 32, 8) },
    };

    [Theory]
    [MemberData(nameof(Hostile), DisableDiscoveryEnumeration = true)]
    public void AFileThatLiesIsRefusedWithTheReason(string reason, Action<byte[]> harm)
    {
        var image = ElfFile.Build(LibraryFixup.Version, LibraryFixup.MarkerSymbol);
        harm(image);

        var error = Assert.Throws<InvalidDataException>(() => LibraryFixup.Apply(image));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileCutAnywhereIsRefused()
    {
        var image = ElfFile.Build(LibraryFixup.Version, LibraryFixup.MarkerSymbol);
        for (var length = 0; length < image.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => LibraryFixup.Apply(image[..length]));
        }
    }

    [Fact]
    public void AChainOfEntriesThatCrawlsEndsWithItsSection()
    {
        var image = ElfFile.Build("another", LibraryFixup.MarkerSymbol);
        ElfFile.Write32(image, ElfFile.SectionsAt + 2 * 64 + 44, uint.MaxValue);
        ElfFile.Write16(image, ElfFile.NeedsAt + 2, ushort.MaxValue);
        ElfFile.Write32(image, ElfFile.NeedsAt + 16 + 12, 1);

        Assert.Throws<InvalidDataException>(() => LibraryFixup.Apply(image));
    }
}

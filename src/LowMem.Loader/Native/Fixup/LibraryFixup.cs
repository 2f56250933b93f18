namespace LowMem.Loader.Native.Fixup;

/// <summary>Writes the copy of libLibTorchSharp.so that loads on Debian 12 and Ubuntu 22.04 too.</summary>
/// <remarks>
/// TorchSharp 0.107.0 was linked with a libstdc++ that has the version GLIBCXX_3.4.32; those systems stop at
/// 3.4.30, and the dynamic linker refuses the library for the version's absence alone. The one symbol of that
/// version is a link-time marker that nothing refers to, so the need for it can safely be weak.
/// </remarks>
internal static class LibraryFixup
{
    public const string Version = "GLIBCXX_3.4.32";

    /// <summary>The symbol that <c>&lt;iostream&gt;</c> leaves in every object since GCC 13; it has no relocation.</summary>
    public const string MarkerSymbol = "_ZSt21ios_base_library_initv";

    // The real library has 2.4 MB. Whatever is far beyond that is not it.
    private const long MaximumLength = 256L << 20;

    /// <summary>Copies, fixes, and says what was done.</summary>
    public static string Run(string source, string destination)
    {
        if (Path.GetFullPath(source) == Path.GetFullPath(destination))
        {
            throw new IOException("the copy cannot take the place of the original.");
        }

        var length = new FileInfo(source).Length;
        if (length > MaximumLength)
        {
            throw new InvalidDataException($"the file has {length} bytes; at most {MaximumLength} are expected.");
        }

        var image = File.ReadAllBytes(source);
        var result = Apply(image);

        // A file that is mapped by a running process must not change under it: write beside it, then rename.
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(destination))!);
        var temporary = $"{destination}.{Environment.ProcessId}.tmp";
        File.WriteAllBytes(temporary, image);
        File.Move(temporary, destination, overwrite: true);
        return $"{Path.GetFileName(destination)}: {result}";
    }

    /// <summary>Changes the image in place, and says what was done.</summary>
    internal static string Apply(byte[] image)
    {
        var elf = new ElfImage(image);
        var need = elf.FindVersionNeed(Version);
        if (need is null)
        {
            return $"does not need {Version}; left as it is.";
        }

        if (need.IsWeak)
        {
            return $"its need of {Version} is weak already; left as it is.";
        }

        var others = elf.GetSymbolsOfVersion(need.Index).Where(name => name != MarkerSymbol).ToArray();
        if (others.Length > 0)
        {
            return $"needs {Version} for {string.Join(", ", others)}; left as it is, and it loads only where libstdc++ has them.";
        }

        elf.MarkWeak(need);
        return $"its need of {Version} is weak now.";
    }
}

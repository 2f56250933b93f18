using System.Buffers.Binary;
using System.Text;

namespace LowMem.Loader.Tests.Native;

/// <summary>Builds the smallest ELF64 shared object that has version needs and versioned symbols.</summary>
internal static class ElfFile
{
    // One section each, in this order: none, strings, needs, symbols, versions.
    public const int StringsAt = 64;
    public const int NeedsAt = 512;
    public const int SymbolsAt = 576;
    public const int VersionsAt = 648;
    public const int SectionsAt = 656;
    public const int Length = SectionsAt + 5 * 64;

    public const int FlagsAt = NeedsAt + 16 + 4;

    public static byte[] Build(string version, params string[] symbols)
    {
        var image = new byte[Length];
        "\u007fELF"u8.CopyTo(image);
        image[4] = 2;
        image[5] = 1;
        Write64(image, 40, SectionsAt);
        Write16(image, 58, 64);
        Write16(image, 60, 5);

        var names = new List<int>();
        var at = StringsAt + 1;
        foreach (var name in symbols.Prepend(version))
        {
            names.Add(at - StringsAt);
            at += Encoding.UTF8.GetBytes(name, image.AsSpan(at)) + 1;
        }

        // Verneed: version 1, one auxiliary entry right behind; Vernaux: flags 0, index 2.
        Write16(image, NeedsAt, 1);
        Write16(image, NeedsAt + 2, 1);
        Write32(image, NeedsAt + 8, 16);
        Write16(image, NeedsAt + 16 + 6, 2);
        Write32(image, NeedsAt + 16 + 8, (uint)names[0]);

        for (var i = 0; i < symbols.Length; i++)
        {
            Write32(image, SymbolsAt + i * 24, (uint)names[i + 1]);
            Write16(image, VersionsAt + i * 2, 0x8002);
        }

        WriteSection(image, 1, type: 3, StringsAt, NeedsAt - StringsAt, link: 0, info: 0);
        WriteSection(image, 2, type: 0x6ffffffe, NeedsAt, 32, link: 1, info: 1);
        WriteSection(image, 3, type: 11, SymbolsAt, 24 * symbols.Length, link: 1, info: 0);
        WriteSection(image, 4, type: 0x6fffffff, VersionsAt, 2 * symbols.Length, link: 3, info: 0);
        return image;
    }

    public static void Write16(byte[] image, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(at), value);

    public static void Write32(byte[] image, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(at), value);

    public static void Write64(byte[] image, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(at), value);

    private static void WriteSection(byte[] image, int index, uint type, int offset, int length, uint link, uint info)
    {
        var at = SectionsAt + index * 64;
        Write32(image, at + 4, type);
        Write64(image, at + 24, (ulong)offset);
        Write64(image, at + 32, (ulong)length);
        Write32(image, at + 40, link);
        Write32(image, at + 44, info);
    }
}

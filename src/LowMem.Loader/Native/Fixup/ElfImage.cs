using System.Buffers.Binary;
using System.Text;

namespace LowMem.Loader.Native.Fixup;

/// <summary>
/// A little-endian ELF64 image, as far as symbol versions go. Every offset from the file is checked before use.
/// </summary>
/// <remarks>Layout: the System V ABI, chapter 4, and the "Symbol Versioning" chapter of the LSB core specification.</remarks>
internal sealed class ElfImage
{
    private const uint DynamicSymbols = 11;              // SHT_DYNSYM
    private const uint SymbolVersions = 0x6fffffff;      // SHT_GNU_versym
    private const uint VersionNeeds = 0x6ffffffe;        // SHT_GNU_verneed
    private const int HeaderSize = 64;
    private const int SectionSize = 64;
    private const int SymbolSize = 24;
    private const int MaximumSections = 65_536;
    private const int MaximumName = 4_096;

    private readonly byte[] image;
    private readonly Section[] sections;

    /// <exception cref="InvalidDataException">The image is no little-endian ELF64 file, or is cut short.</exception>
    public ElfImage(byte[] image)
    {
        this.image = image;
        if (image.Length < HeaderSize || !image.AsSpan(0, 4).SequenceEqual("\u007fELF"u8))
        {
            throw new InvalidDataException("this is not an ELF file.");
        }

        if (image[4] != 2 || image[5] != 1)
        {
            throw new InvalidDataException("this ELF file is not 64-bit little-endian.");
        }

        sections = ReadSections();
    }

    /// <summary>Finds the need of a version, such as <c>GLIBCXX_3.4.32</c>; null when there is none.</summary>
    public VersionNeed? FindVersionNeed(string version)
    {
        foreach (var section in sections.Where(section => section.Type == VersionNeeds))
        {
            var strings = GetLinked(section);
            var entry = 0L;
            for (var i = 0; i < section.Info; i++)
            {
                var file = Slice(section, entry, 16);
                var count = BinaryPrimitives.ReadUInt16LittleEndian(file[2..]);
                var auxiliary = checked(entry + BinaryPrimitives.ReadUInt32LittleEndian(file[8..]));
                for (var j = 0; j < count; j++)
                {
                    var need = Slice(section, auxiliary, 16);
                    if (ReadName(strings, BinaryPrimitives.ReadUInt32LittleEndian(need[8..])) == version)
                    {
                        return new VersionNeed(
                            (int)(section.Offset + auxiliary + 4),
                            BinaryPrimitives.ReadUInt16LittleEndian(need[4..]),
                            BinaryPrimitives.ReadUInt16LittleEndian(need[6..]));
                    }

                    var next = BinaryPrimitives.ReadUInt32LittleEndian(need[12..]);
                    if (next == 0)
                    {
                        break;
                    }

                    auxiliary += next;
                }

                var nextFile = BinaryPrimitives.ReadUInt32LittleEndian(file[12..]);
                if (nextFile == 0)
                {
                    break;
                }

                entry += nextFile;
            }
        }

        return null;
    }

    /// <summary>The names of the dynamic symbols that are bound to a version.</summary>
    public List<string> GetSymbolsOfVersion(ushort index)
    {
        var names = new List<string>();
        foreach (var versions in sections.Where(section => section.Type == SymbolVersions))
        {
            var symbols = GetLinked(versions);
            if (symbols.Type != DynamicSymbols)
            {
                throw new InvalidDataException("the symbol versions are not linked to the dynamic symbols.");
            }

            var strings = GetLinked(symbols);
            for (var i = 0L; i < versions.Length / 2; i++)
            {
                // The top bit says "hidden"; it is no part of the number.
                if ((BinaryPrimitives.ReadUInt16LittleEndian(Slice(versions, i * 2, 2)) & 0x7fff) == index)
                {
                    var symbol = Slice(symbols, i * SymbolSize, SymbolSize);
                    names.Add(ReadName(strings, BinaryPrimitives.ReadUInt32LittleEndian(symbol)));
                }
            }
        }

        return names;
    }

    /// <summary>Sets VER_FLG_WEAK in the image.</summary>
    public void MarkWeak(VersionNeed need) => BinaryPrimitives.WriteUInt16LittleEndian(
        image.AsSpan(need.FlagsOffset, 2), (ushort)(need.Flags | VersionNeed.WeakFlag));

    private Section[] ReadSections()
    {
        var start = BinaryPrimitives.ReadUInt64LittleEndian(image.AsSpan(40));
        var size = BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(58));
        long count = BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(60));
        if (start == 0)
        {
            return [];
        }

        if (size != SectionSize || start > (ulong)(image.Length - SectionSize))
        {
            throw new InvalidDataException($"the section headers at offset {start} are not in the file.");
        }

        if (count == 0)
        {
            // More sections than fit 16 bits: the first header holds their number.
            count = (long)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(image.AsSpan((int)start + 32)), long.MaxValue);
        }

        if (count > MaximumSections || (long)start + count * SectionSize > image.Length)
        {
            throw new InvalidDataException($"{count} section headers at offset {start} do not fit the file of {image.Length} bytes.");
        }

        var result = new Section[count];
        for (var i = 0; i < result.Length; i++)
        {
            var header = image.AsSpan((int)start + i * SectionSize, SectionSize);
            var type = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            var offset = BinaryPrimitives.ReadUInt64LittleEndian(header[24..]);
            var length = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
            const uint NoBits = 8; // SHT_NOBITS takes memory, but no bytes of the file.
            if (type != NoBits && (offset > (ulong)image.Length || length > (ulong)image.Length - offset))
            {
                throw new InvalidDataException($"section {i} ({length} bytes at offset {offset}) ends beyond the file.");
            }

            result[i] = type == NoBits
                ? new Section(type, 0, 0, 0, 0)
                : new Section(
                    type,
                    (long)offset,
                    (long)length,
                    BinaryPrimitives.ReadUInt32LittleEndian(header[40..]),
                    BinaryPrimitives.ReadUInt32LittleEndian(header[44..]));
        }

        return result;
    }

    private Section GetLinked(Section section) => section.Link < sections.Length
        ? sections[section.Link]
        : throw new InvalidDataException($"a section is linked to section {section.Link}, which is not there.");

    private ReadOnlySpan<byte> Slice(Section section, long offset, int length)
    {
        if (offset < 0 || offset > section.Length - length)
        {
            throw new InvalidDataException($"{length} bytes at offset {offset} lie beyond their section of {section.Length} bytes.");
        }

        return image.AsSpan((int)(section.Offset + offset), length);
    }

    private string ReadName(Section strings, uint offset)
    {
        if (offset >= strings.Length)
        {
            throw new InvalidDataException($"the name at offset {offset} lies beyond the string table.");
        }

        var rest = Slice(strings, offset, (int)Math.Min(strings.Length - offset, MaximumName));
        var end = rest.IndexOf((byte)0);
        return end >= 0
            ? Encoding.UTF8.GetString(rest[..end])
            : throw new InvalidDataException($"the name at offset {offset} of the string table has no end.");
    }

    private readonly record struct Section(uint Type, long Offset, long Length, uint Link, uint Info);
}

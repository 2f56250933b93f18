using System.Buffers.Binary;
using System.Text;

namespace LowMem.Checkpoints.Containers.Zip;

/// <summary>
/// One entry of a zip archive: a view of its place in the central directory. A checkpoint has one for each storage, by
/// the hundred thousand, so that nothing is copied out of the directory before it is asked for.
/// </summary>
/// <param name="directory">A piece of the directory, with the entry checked to lie inside.</param>
/// <param name="position">Where the entry starts in it.</param>
/// <param name="number">Which entry of the directory it is.</param>
internal readonly struct ZipEntry(byte[] directory, int position, int number) : IEquatable<ZipEntry>
{
    public const int Stored = 0;
    public const int Deflated = 8;

    /// <summary>The bytes of an entry in front of its name.</summary>
    public const int HeaderLength = 46;

    private const int Zip64ExtraTag = 1;
    private const long MostUnfolded = 64 << 20;

    /// <summary>Which entry of the directory it is, counted from 0.</summary>
    public int Number => number;

    /// <summary>The full name inside the archive.</summary>
    public string Name => Encoding.UTF8.GetString(NameBytes);

    /// <summary>The same as it stands in the file; UTF-8 in every archive that PyTorch writes.</summary>
    public ReadOnlySpan<byte> NameBytes => directory.AsSpan(position + HeaderLength, NameLength);

    /// <summary>0 stored, 8 deflated, else not read here.</summary>
    public int Method => ReadUInt16(10);

    /// <summary>The CRC-32 of the content; PyTorch can leave 0 for "not computed".</summary>
    public uint Crc32 => ReadUInt32(16);

    /// <summary>The bytes in the file.</summary>
    public long CompressedLength => GetSizes().CompressedLength;

    /// <summary>The bytes of content.</summary>
    public long Length => GetSizes().Length;

    /// <summary>Where the local header is.</summary>
    public long HeaderOffset => GetSizes().HeaderOffset;

    public bool IsEncrypted => (ReadUInt16(8) & 1) != 0;

    /// <summary>Whether the content is in another part of an archive that was split; 0xffff leaves that to ZIP64.</summary>
    public bool IsElsewhere => ReadUInt16(34) is not (0 or ushort.MaxValue);

    /// <summary>Whether this program, or PyTorch, can read the content.</summary>
    public bool IsReadable => Method is Stored or Deflated && !IsEncrypted && !IsElsewhere;

    /// <summary>Whether the content lies in the file as it is.</summary>
    public bool IsPlain => Method == Stored && IsReadable && CompressedLength == Length;

    /// <summary>Deflate cannot shrink by more than about 1032 to 1: a larger claim is a lie.</summary>
    public bool ClaimsTooMuch => Length / 1032 > CompressedLength;

    /// <summary>
    /// More than any storage of an honest file needs that is read whole into memory: it would cost as much as a file of
    /// that size, and comes in one of a thousandth of it.
    /// </summary>
    public bool IsBomb => Length > Math.Max(MostUnfolded, 16 * CompressedLength);

    /// <summary>The extra fields of the directory's entry.</summary>
    public ReadOnlyMemory<byte> Extra => directory.AsMemory(position + HeaderLength + NameLength, ExtraLength);

    /// <summary>The comment of the directory's entry.</summary>
    public ReadOnlyMemory<byte> Comment => directory.AsMemory(position + HeaderLength + NameLength + ExtraLength, ReadUInt16(32));

    private int NameLength => ReadUInt16(28);

    private int ExtraLength => ReadUInt16(30);

    public bool Equals(ZipEntry other) => other.IsAt(directory, position);

    public override bool Equals(object? obj) => obj is ZipEntry other && Equals(other);

    public override int GetHashCode() => position;

    /// <summary>
    /// Both sizes and the place of the local header. Fields that are all ones stand in the ZIP64 extra field, in this
    /// order (APPNOTE.TXT 4.5.3).
    /// </summary>
    /// <exception cref="InvalidDataException">
    /// The extra field is too short, or a size impossible. Never thrown once the directory has been read.
    /// </exception>
    public (long Length, long CompressedLength, long HeaderOffset) GetSizes()
    {
        long compressed = ReadUInt32(20);
        long length = ReadUInt32(24);
        long header = ReadUInt32(42);
        if (length == uint.MaxValue || compressed == uint.MaxValue || header == uint.MaxValue)
        {
            var field = FindZip64Extra();
            TakeIfMarked(ref field, ref length);
            TakeIfMarked(ref field, ref compressed);
            TakeIfMarked(ref field, ref header);
        }

        return (length, compressed, header);
    }

    /// <summary>The bytes that an entry takes in the directory.</summary>
    /// <param name="entry">It, or no more than its first <see cref="HeaderLength"/> bytes.</param>
    public static int GetTotalLength(ReadOnlySpan<byte> entry) =>
        HeaderLength
        + BinaryPrimitives.ReadUInt16LittleEndian(entry[28..])
        + BinaryPrimitives.ReadUInt16LittleEndian(entry[30..])
        + BinaryPrimitives.ReadUInt16LittleEndian(entry[32..]);

    /// <summary>A 64-bit number that is a length or a place, so that it cannot be negative.</summary>
    /// <exception cref="InvalidDataException">It is.</exception>
    public static long ReadLength(ReadOnlySpan<byte> bytes, string what)
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return value <= long.MaxValue ? (long)value : throw new InvalidDataException($"the {what} {value} is impossible");
    }

    /// <summary>The ZIP64 field; null when there is none, and the numbers mean what they say.</summary>
    private ReadOnlyMemory<byte>? FindZip64Extra()
    {
        var extra = Extra;
        while (extra.Length >= 4)
        {
            int tag = BinaryPrimitives.ReadUInt16LittleEndian(extra.Span);
            int size = BinaryPrimitives.ReadUInt16LittleEndian(extra.Span[2..]);
            extra = extra[4..];
            if (size > extra.Length)
            {
                return null;
            }

            if (tag == Zip64ExtraTag)
            {
                return extra[..size];
            }

            extra = extra[size..];
        }

        return null;
    }

    private static void TakeIfMarked(ref ReadOnlyMemory<byte>? field, ref long value)
    {
        if (value != uint.MaxValue || field is not { } rest)
        {
            return;
        }

        if (rest.Length < sizeof(long))
        {
            throw new InvalidDataException("a ZIP64 extra field is too short");
        }

        value = ReadLength(rest.Span, "64-bit size");
        field = rest[sizeof(long)..];
    }

    private bool IsAt(byte[] bytes, int place) => ReferenceEquals(directory, bytes) && position == place;

    private int ReadUInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(directory.AsSpan(position + offset));

    private uint ReadUInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(directory.AsSpan(position + offset));
}

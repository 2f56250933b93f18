using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace LowMem.CheckpointMaker;

/// <summary>
/// Writes a zip as <c>torch.save</c> lays it out: nothing is compressed, and the bytes of every entry start at a multiple
/// of 64, with an extra field of the id "FB" as padding. Entries and files beyond 4 GiB take the zip64 form.
/// </summary>
public sealed class StoredZipWriter : IDisposable
{
    private const int Alignment = 64;
    private const ushort VersionNeeded = 45;
    private const ushort Utf8Names = 0x0800;
    private const ushort PaddingField = 0x4246;
    private readonly FileStream file;
    private readonly List<Entry> entries = [];
    private readonly Dictionary<long, uint> crcOfZeros = [];

    /// <summary>Creates the file, or empties the one that is there.</summary>
    public StoredZipWriter(string path) =>
        // No buffer: the checksum of an entry is written into its header behind the stream's back.
        file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);

    /// <summary>Adds an entry.</summary>
    /// <param name="name">Its name, with slashes.</param>
    /// <param name="blocks">Its bytes; their number is <paramref name="length"/>.</param>
    /// <param name="length">How many bytes follow, known beforehand because the header says whether it is zip64.</param>
    public void Add(string name, IEnumerable<ReadOnlyMemory<byte>> blocks, long length)
    {
        var entry = new Entry(Encoding.UTF8.GetBytes(name), file.Position, length);
        file.Write(GetLocalHeader(entry));
        var crc = new Crc32();
        var start = file.Position;
        foreach (var block in blocks)
        {
            crc.Append(block.Span);
            file.Write(block.Span);
        }

        if (file.Position - start != length)
        {
            throw new InvalidOperationException($"'{name}' was to have {length} bytes and has {file.Position - start}.");
        }

        Finish(entry, crc.GetCurrentHashAsUInt32());
    }

    /// <summary>Adds an entry of zeros that nobody writes: where the file system knows sparse files they take no room.</summary>
    /// <param name="name">Its name, with slashes.</param>
    /// <param name="length">How many bytes it has.</param>
    public void AddZeros(string name, long length)
    {
        var entry = new Entry(Encoding.UTF8.GetBytes(name), file.Position, length);
        file.Write(GetLocalHeader(entry));
        file.SetLength(file.Position + length);
        file.Seek(0, SeekOrigin.End);
        if (!crcOfZeros.TryGetValue(length, out var crc))
        {
            crcOfZeros.Add(length, crc = GetCrcOfZeros(length));
        }

        Finish(entry, crc);
    }

    /// <summary>Writes the central directory and closes the file.</summary>
    public void Dispose()
    {
        var start = file.Position;
        foreach (var entry in entries)
        {
            file.Write(GetCentralHeader(entry));
        }

        file.Write(GetEnd(start, file.Position - start));
        file.Dispose();
    }

    private static uint GetCrcOfZeros(long length)
    {
        var zeros = new byte[1 << 20];
        var crc = new Crc32();
        for (long done = 0; done < length; done += zeros.Length)
        {
            crc.Append(zeros.AsSpan(0, (int)Math.Min(zeros.Length, length - done)));
        }

        return crc.GetCurrentHashAsUInt32();
    }

    private void Finish(Entry entry, uint crc)
    {
        entry.Crc = crc;
        Span<byte> crcBytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(crcBytes, crc);
        RandomAccess.Write(file.SafeFileHandle, crcBytes, entry.Offset + 14);
        entries.Add(entry);
    }

    private static byte[] GetLocalHeader(Entry entry)
    {
        var big = entry.Length >= uint.MaxValue;
        var zip64 = big ? 20 : 0;
        var unpadded = entry.Offset + 30 + entry.Name.Length + zip64 + 4;
        var padding = (int)((Alignment - (unpadded % Alignment)) % Alignment);
        var header = new RecordBuilder(0x04034b50).Add16(VersionNeeded).Add16(Utf8Names).Add16(0).Add32(0).Add32(0)
            .Add32(big ? uint.MaxValue : (uint)entry.Length)
            .Add32(big ? uint.MaxValue : (uint)entry.Length)
            .Add16((ushort)entry.Name.Length)
            .Add16((ushort)(zip64 + 4 + padding))
            .Add(entry.Name);
        if (big)
        {
            header.Add16(1).Add16(16).Add64(entry.Length).Add64(entry.Length);
        }

        return header.Add16(PaddingField).Add16((ushort)padding).Add(new byte[padding]).ToArray();
    }

    private static byte[] GetCentralHeader(Entry entry)
    {
        var big = entry.Length >= uint.MaxValue;
        var far = entry.Offset >= uint.MaxValue;
        var extra = (big ? 16 : 0) + (far ? 8 : 0);
        var header = new RecordBuilder(0x02014b50).Add16(VersionNeeded).Add16(VersionNeeded).Add16(Utf8Names).Add16(0).Add32(0)
            .Add32(entry.Crc)
            .Add32(big ? uint.MaxValue : (uint)entry.Length)
            .Add32(big ? uint.MaxValue : (uint)entry.Length)
            .Add16((ushort)entry.Name.Length)
            .Add16((ushort)(extra > 0 ? extra + 4 : 0))
            .Add16(0).Add16(0).Add16(0).Add32(0)
            .Add32(far ? uint.MaxValue : (uint)entry.Offset)
            .Add(entry.Name);
        if (extra > 0)
        {
            header.Add16(1).Add16((ushort)extra);
        }

        if (big)
        {
            header.Add64(entry.Length).Add64(entry.Length);
        }

        return (far ? header.Add64(entry.Offset) : header).ToArray();
    }

    // The zip64 records are always there: readers that know them prefer them, and they are right in any case.
    private byte[] GetEnd(long start, long length) => new RecordBuilder(0x06064b50).Add64(44).Add16(VersionNeeded).Add16(VersionNeeded)
        .Add32(0).Add32(0).Add64(entries.Count).Add64(entries.Count).Add64(length).Add64(start)
        .Add32(0x07064b50).Add32(0).Add64(start + length).Add32(1)
        .Add32(0x06054b50).Add16(0).Add16(0)
        .Add16((ushort)Math.Min(entries.Count, ushort.MaxValue))
        .Add16((ushort)Math.Min(entries.Count, ushort.MaxValue))
        .Add32((uint)Math.Min(length, uint.MaxValue))
        .Add32((uint)Math.Min(start, uint.MaxValue))
        .Add16(0)
        .ToArray();

    private sealed class Entry(byte[] name, long offset, long length)
    {
        public byte[] Name => name;

        public long Offset => offset;

        public long Length => length;

        public uint Crc { get; set; }
    }
}

using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace LowMem.Checkpoints.Tests.Builders;

/// <summary>Builds zip archives byte by byte, so that every field can be made to lie.</summary>
internal sealed class ZipBytes
{
    private readonly List<byte> content = [];
    private readonly List<Record> records = [];

    /// <summary>A record of a zip and what the two headers say of it.</summary>
    internal sealed record Record(string Name, byte[] Stored, uint Length, ushort Method)
    {
        public string LocalName { get; init; } = Name;

        public ushort Flags { get; init; }

        /// <summary>That of the content, which is what is stored unless it is compressed.</summary>
        public uint Checksum { get; init; } = Crc32.HashToUInt32(Stored);

        /// <summary>The part of a split archive that holds it.</summary>
        public ushort Disk { get; init; }

        public uint CompressedLength { get; init; } = (uint)Stored.Length;

        public uint HeaderOffset { get; init; }

        /// <summary>What the local header says, where it says something else.</summary>
        public ushort? LocalMethod { get; init; }

        public uint? LocalLength { get; init; }

        public byte[] LocalExtra { get; init; } = [];

        public byte[] Extra { get; init; } = [];

        public byte[] Comment { get; init; } = [];
    }

    /// <summary>Bytes that are in no record.</summary>
    public ZipBytes AddRaw(byte[] bytes)
    {
        content.AddRange(bytes);
        return this;
    }

    /// <summary>An extra field.</summary>
    public static byte[] Field(string tag, byte[] bytes) => [(byte)tag[0], (byte)tag[1], (byte)bytes.Length, (byte)(bytes.Length >> 8), .. bytes];

    /// <summary>A PyTorch archive with that pickle and nothing else but a version.</summary>
    public static ZipBytes PyTorch(byte[] pickle) => new ZipBytes().Add("archive/data.pkl", pickle).Add("archive/version", "3\n"u8.ToArray());

    public static byte[] Deflate(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.SmallestSize))
        {
            deflate.Write(bytes);
        }

        return packed.ToArray();
    }

    public ZipBytes Add(string name, byte[] bytes) => Add(new Record(name, bytes, (uint)bytes.Length, 0));

    public ZipBytes AddDeflated(string name, byte[] bytes) =>
        Add(new Record(name, Deflate(bytes), (uint)bytes.Length, 8) { Checksum = Crc32.HashToUInt32(bytes) });

    public ZipBytes Add(Record record)
    {
        uint offset = (uint)content.Count;
        byte[] name = Encoding.UTF8.GetBytes(record.LocalName);
        var header = new byte[30];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x04034b50);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), record.Flags);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), record.LocalMethod ?? record.Method);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(14), record.Checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(18), record.CompressedLength);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(22), record.LocalLength ?? record.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(26), (ushort)name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(28), (ushort)record.LocalExtra.Length);
        content.AddRange(header);
        content.AddRange(name);
        content.AddRange(record.LocalExtra);
        content.AddRange(record.Stored);
        records.Add(record with { HeaderOffset = offset });
        return this;
    }

    /// <summary>One more entry of the directory for bytes that another entry already has.</summary>
    public ZipBytes AddDirectoryEntry(Record record)
    {
        records.Add(record);
        return this;
    }

    /// <summary>Where the header of a record that was added is.</summary>
    public uint HeaderOffset(string name) => records.Single(record => record.Name == name).HeaderOffset;

    public byte[] Build(int? count = null)
    {
        using var archive = new MemoryStream();
        archive.Write(content.ToArray());
        foreach (var record in records)
        {
            byte[] name = Encoding.UTF8.GetBytes(record.Name);
            var entry = new byte[46];
            BinaryPrimitives.WriteUInt32LittleEndian(entry, 0x02014b50);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(8), record.Flags);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(10), record.Method);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(16), record.Checksum);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(20), record.CompressedLength);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(24), record.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(28), (ushort)name.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(30), (ushort)record.Extra.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(32), (ushort)record.Comment.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(34), record.Disk);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(42), record.HeaderOffset);
            archive.Write(entry);
            archive.Write(name);
            archive.Write(record.Extra);
            archive.Write(record.Comment);
        }

        var end = new byte[22];
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(8), (ushort)(count ?? records.Count));
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(10), (ushort)(count ?? records.Count));
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(12), (uint)(archive.Length - content.Count));
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(16), (uint)content.Count);
        archive.Write(end);
        return archive.ToArray();
    }
}

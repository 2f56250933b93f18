using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace LowMem.Fuzz;

/// <summary>
/// What is put around a changed piece so that its reader gets as far as that piece: an archive, a length, a checksum.
/// </summary>
/// <param name="Unwrap">Takes the piece out of a fixture; empty when it has none.</param>
/// <param name="Wrap">Makes a file of a changed piece.</param>
internal sealed partial record Envelope(Func<string, byte[]> Unwrap, Func<byte[], byte[]> Wrap)
{
    private const int TarBlock = 512;
    private const int MaxData = 1 << 16;

    /// <summary>The file as it is.</summary>
    public static Envelope None { get; } = new(File.ReadAllBytes, content => content);

    /// <summary>The pickle of an archive, with storages under the first keys, so that its tensors find their bytes.</summary>
    public static Envelope Archive { get; } = new(
        path => ReadRecord(path, "data.pkl"), pickle => Zip([("data.pkl", pickle), .. Storages("data/")]));

    /// <summary>The constants of a TorchScript archive whose object is empty: a frozen model.</summary>
    public static Envelope Constants { get; } = new(
        path => ReadRecord(path, "constants.pkl"),
        pickle => Zip([("data.pkl", [0x80, 2, .. "c__torch__\nM\n)\x81}b."u8]), ("constants.pkl", pickle), ("code/m.py", "1"u8.ToArray()), .. Storages("constants/")]));

    /// <summary>The JSON of a safetensors file, with its length before it and as much data behind it as it asks for.</summary>
    public static Envelope SafetensorsHeader { get; } = new(
        path => File.ReadAllBytes(path) is { Length: > 8 } bytes ? bytes[8..(int)Math.Clamp(8 + BinaryPrimitives.ReadInt64LittleEndian(bytes), 8, bytes.Length)] : [],
        WrapHeader);

    /// <summary>A tar archive, with the checksums of its headers made right.</summary>
    public static Envelope TarChecksums { get; } = new(File.ReadAllBytes, FixChecksums);

    /// <summary>The manifest of a checkpoint.</summary>
    public static Envelope Manifest { get; } = new(Execution.MakeManifest, content => content);

    private static byte[] ReadRecord(string path, string name)
    {
        try
        {
            using var zip = ZipFile.OpenRead(path);
            using var stream = zip.Entries.First(entry => entry.Name == name).Open();
            using var content = new MemoryStream();
            stream.CopyTo(content);
            return content.ToArray();
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or IOException)
        {
            return [];
        }
    }

    private static IEnumerable<(string, byte[])> Storages(string folder) => Enumerable.Range(0, 4).Select(i => ($"{folder}{i}", new byte[24 << i]));

    private static byte[] Zip(IEnumerable<(string Name, byte[] Content)> records)
    {
        using var archive = new MemoryStream();
        using (var zip = new ZipArchive(archive, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in records)
            {
                using var stream = zip.CreateEntry("archive/" + name, CompressionLevel.NoCompression).Open();
                stream.Write(content);
            }
        }

        return archive.ToArray();
    }

    private static byte[] WrapHeader(byte[] header)
    {
        int end = 0;
        foreach (Match match in DataOffsets().Matches(Encoding.Latin1.GetString(header)))
        {
            end = int.TryParse(match.Groups[1].ValueSpan, out int offset) ? Math.Max(end, Math.Min(offset, MaxData)) : end;
        }

        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. new byte[end]];
    }

    [GeneratedRegex("\"data_offsets\"\\s*:\\s*\\[\\s*[0-9]+\\s*,\\s*([0-9]+)")]
    private static partial Regex DataOffsets();

    private static byte[] FixChecksums(byte[] content)
    {
        byte[] bytes = [.. content];
        for (long place = 0; place + TarBlock <= bytes.Length;)
        {
            var header = bytes.AsSpan((int)place, TarBlock);
            if (!header.ContainsAnyExcept((byte)0))
            {
                break;
            }

            var field = header.Slice(148, 8);
            field.Fill((byte)' ');
            int sum = 0;
            foreach (byte value in header)
            {
                sum += value;
            }

            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ", field);
            long size = 0;
            foreach (byte digit in header.Slice(124, 11))
            {
                size = digit is >= (byte)'0' and <= (byte)'7' ? (size * 8) + digit - '0' : size;
            }

            place += TarBlock + ((size + TarBlock - 1) / TarBlock * TarBlock);
        }

        return bytes;
    }
}

using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace LowMem.Fuzz;

/// <summary>
/// What is put around a changed piece so that its reader gets as far as that piece: an archive, a length, a checksum.
/// </summary>
/// <param name="Unwrap">Takes the piece out of a fixture; empty when it has none.</param>
/// <param name="Wrap">Makes a file of a changed piece of the fixture at the path.</param>
internal sealed partial record Envelope(Func<string, byte[]> Unwrap, Func<byte[], string, byte[]> Wrap)
{
    private const string Pickle = "data.pkl";
    private const string ConstantsPickle = "constants.pkl";
    private const int TarBlock = 512;
    private const int MaxData = 1 << 16;

    private static readonly ConcurrentDictionary<string, List<(string Name, byte[] Content)>> Records = new(StringComparer.Ordinal);

    /// <summary>The file as it is.</summary>
    public static Envelope None { get; } = new(File.ReadAllBytes, (content, _) => content);

    /// <summary>The pickle of an archive, among the other records of that archive.</summary>
    public static Envelope Archive { get; } = new(
        path => Find(path, Pickle), (pickle, path) => Zip([(Pickle, pickle), .. ReadArchive(path).Where(record => record.Name != Pickle)]));

    /// <summary>The pickle of an archive, alone.</summary>
    public static Envelope BarePickle { get; } = new(path => Find(path, Pickle), (pickle, _) => pickle);

    /// <summary>The same pickle as the constants of a TorchScript archive whose object is empty: a frozen model.</summary>
    public static Envelope Constants { get; } = new(
        path => Find(path, ConstantsPickle) is { Length: > 8 } constants ? constants : Find(path, Pickle),
        (pickle, path) => Zip(
        [
            (Pickle, [0x80, 2, .. "c__torch__\nM\n)"u8, 0x81, .. "}b."u8]), (ConstantsPickle, pickle),
            .. ReadArchive(path).Where(record => record.Name is not (Pickle or ConstantsPickle))
                .Select(record => (record.Name.Replace("data/", "constants/", StringComparison.Ordinal), record.Content)),
        ]));

    /// <summary>The JSON of a safetensors file, with its length before it and as much data behind it as it asks for.</summary>
    public static Envelope SafetensorsHeader { get; } = new(
        path => File.ReadAllBytes(path) is { Length: > 8 } bytes ? bytes[8..(int)Math.Clamp(8 + BinaryPrimitives.ReadInt64LittleEndian(bytes), 8, bytes.Length)] : [],
        (header, _) => WrapHeader(header));

    /// <summary>A tar archive, with the checksums of its headers made right.</summary>
    public static Envelope TarChecksums { get; } = new(File.ReadAllBytes, (content, _) => FixChecksums(content));

    /// <summary>The manifest of a checkpoint.</summary>
    public static Envelope Manifest { get; } = new(Execution.MakeManifest, (content, _) => content);

    private static byte[] Find(string path, string name) => ReadArchive(path).FirstOrDefault(record => record.Name == name).Content ?? [];

    /// <summary>The records of a fixture, without their root directory; none when it is no sound archive.</summary>
    private static List<(string Name, byte[] Content)> ReadArchive(string path) => Records.GetOrAdd(path, static path =>
    {
        try
        {
            using var zip = ZipFile.OpenRead(path);
            return [.. zip.Entries.Select(entry => (entry.FullName[(entry.FullName.IndexOf('/', StringComparison.Ordinal) + 1)..], Read(entry)))];
        }
        catch (InvalidDataException)
        {
            return [];
        }

        static byte[] Read(ZipArchiveEntry entry)
        {
            using var stream = entry.Open();
            using var content = new MemoryStream();
            stream.CopyTo(content);
            return content.ToArray();
        }
    });

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

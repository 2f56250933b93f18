using System.Buffers.Binary;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Safetensors;

/// <summary>
/// A safetensors file: the length of the header, the header, the data. The rules are those of the reference
/// implementation: offsets without holes or overlap, and sizes that match the shapes.
/// </summary>
internal static class SafetensorsReader
{
    /// <summary>The reference implementation's limit.</summary>
    private const long MaxHeaderLength = 100_000_000;

    private const int LengthLength = 8;

    public static Checkpoint Read(RandomAccessSource file, string checkpoint, CancellationToken cancellationToken)
    {
        byte[] header = ReadHeader(file);
        var parsed = SafetensorsHeader.Parse(header, file.Name, cancellationToken);
        long dataOffset = LengthLength + header.Length;
        var findings = CheckOffsets(file, parsed.Entries, dataOffset);
        return new Checkpoint
        {
            Path = checkpoint,
            Format = CheckpointFormats.Safetensors,
            Tensors = WithTied([.. parsed.Entries.Select(entry => Describe(file, checkpoint, entry, dataOffset))], parsed.Metadata),
            Metadata = parsed.Metadata,
            Files = [file.Version],
            Findings = findings,
        };
    }

    /// <summary>
    /// The tensors, and those that have the values of another: <c>save_model</c> of the reference implementation writes such values
    /// once, and into the metadata the name that was left out with the one that was kept.
    /// </summary>
    private static TensorInfo[] WithTied(TensorInfo[] tensors, OrderedDictionary<string, string> metadata)
    {
        if (metadata.Count == 0)
        {
            return tensors;
        }

        var byKey = tensors.ToDictionary(tensor => tensor.Key, StringComparer.Ordinal);
        return
        [
            .. tensors,
            .. metadata
                .Where(item => !byKey.ContainsKey(item.Key) && byKey.ContainsKey(item.Value))
                .Select(item => byKey[item.Value] with { Key = item.Key }),
        ];
    }

    private static byte[] ReadHeader(RandomAccessSource file)
    {
        Span<byte> lengthBytes = stackalloc byte[LengthLength];
        file.Read(0, lengthBytes, "the length of the safetensors header");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > MaxHeaderLength)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid,
                file.Name,
                $"the safetensors header is said to be {length} bytes, more than the {MaxHeaderLength} that the format allows.")
            {
                Offset = 0,
            };
        }

        return file.ReadRange(LengthLength, (long)length, "the safetensors header");
    }

    private static List<CheckpointFinding> CheckOffsets(
        RandomAccessSource file, List<SafetensorsEntry> entries, long dataOffset)
    {
        long expected = 0;
        foreach (var entry in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            string key = DisplayText.Name(entry.Key);
            if (entry.Begin != expected || entry.End < entry.Begin)
            {
                throw Invalid(
                    file, $"tensor '{key}' has its bytes at {entry.Begin} to {entry.End}, where {expected} should be the start");
            }

            long needed = NeededBytes(file, entry, key);
            if (needed != entry.End - entry.Begin)
            {
                throw Invalid(
                    file,
                    $"tensor '{key}' ({entry.Type}, [{string.Join(", ", entry.Shape)}]) needs {needed} bytes and has {entry.End - entry.Begin}");
            }

            expected = entry.End;
        }

        long end = checked(dataOffset + expected);
        if (end > file.Length)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Truncated,
                file.Name,
                $"truncated: {file.Length} of {end} bytes. Get the file again.")
            {
                Offset = file.Length,
            };
        }

        return end == file.Length
            ? []
            : [new CheckpointFinding(
                FindingSeverity.Warning,
                FindingCodes.TrailingBytes,
                null,
                end,
                $"{file.Length - end} bytes follow the last tensor")];
    }

    private static long NeededBytes(RandomAccessSource file, SafetensorsEntry entry, string key)
    {
        try
        {
            long elements = StridedLayout.CountElements(entry.Shape);
            if ((Int128)elements * entry.Type.BitSize % 8 != 0)
            {
                throw Invalid(file, $"tensor '{key}' does not fill whole bytes");
            }

            return entry.Type.GetByteLength(elements);
        }
        catch (OverflowException)
        {
            throw Invalid(file, $"the size of tensor '{key}' does not fit 64 bits");
        }
    }

    private static TensorInfo Describe(RandomAccessSource file, string checkpoint, SafetensorsEntry entry, long dataOffset)
    {
        long offset = file.Origin + dataOffset + entry.Begin;
        return new TensorInfo
        {
            Key = entry.Key,
            DType = entry.Type.Name,
            Shape = entry.Shape,
            Stride = StridedLayout.ContiguousStrides(entry.Shape),
            ElementCount = StridedLayout.CountElements(entry.Shape),
            ByteLength = entry.End - entry.Begin,
            Offset = offset,
            StorageKey = entry.Key,
            IsContiguous = true,
            Path = file.Name,
            Checkpoint = checkpoint,
            Format = CheckpointFormats.Safetensors,
            Storage = new StorageExtent(offset, entry.End - entry.Begin),
        };
    }

    private static CheckpointException Invalid(RandomAccessSource file, string what) =>
        new(CheckpointErrorIds.FormatInvalid, file.Name, $"broken safetensors header: {what}.") { Offset = LengthLength };
}

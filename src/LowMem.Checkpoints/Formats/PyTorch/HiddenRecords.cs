using System.Text;
using LowMem.Checkpoints.Formats.Zip;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;

namespace LowMem.Checkpoints.Formats.PyTorch;

/// <summary>
/// The records of an archive, other than its main pickle and the data of tensors, that are pickles by name or by their
/// first bytes. What is compressed is unfolded within the same bounds as the main pickle.
/// </summary>
internal static class HiddenRecords
{
    /// <summary>Extensions under which pickles go.</summary>
    private static readonly string[] PickleExtensions = [".pkl", ".pickle", ".pck", ".pcl", ".dill", ".joblib"];

    /// <summary>The first two bytes tell a pickle of protocol 2 or later.</summary>
    public const int ProbeLength = 2;

    /// <summary>How much of what is in no record is looked through.</summary>
    private const long MaxAround = 16 << 20;

    /// <param name="archive">The archive.</param>
    /// <param name="main">The record that is read as the checkpoint, or null.</param>
    /// <param name="dataPrefix">The directory of the tensors' data, with its slash; null when there is none.</param>
    /// <param name="limit">The most bytes that all of them together may have.</param>
    /// <param name="others">The names of more records that are read as parts of the checkpoint, or null.</param>
    public static IEnumerable<HiddenBytes> Read(
        ZipArchive archive, ZipEntry? main, string? dataPrefix, long limit, IReadOnlySet<string>? others = null)
    {
        byte[]? prefix = dataPrefix is null ? null : Encoding.UTF8.GetBytes(dataPrefix);
        foreach (var entry in archive.Entries)
        {
            if ((main is { } read && entry.Equals(read)) || (prefix is not null && IsTensorData(entry.NameBytes, prefix)) || entry.Length < ProbeLength || !entry.IsReadable)
            {
                continue;
            }

            if (others?.Contains(entry.Name) == true)
            {
                continue;
            }

            if (TryRead(archive, entry, ref limit) is { } bytes)
            {
                yield return new HiddenBytes(bytes, $"record '{PickleText.Shorten(entry.Name)}'", IsPickle: true);
            }
        }

        foreach (var around in ReadAround(archive))
        {
            yield return around;
        }
    }

    /// <summary>
    /// What is in the file and in no record: in front of the first one, and behind the directory. A reader that looks for a
    /// pickle there finds one where a reader of archives sees nothing.
    /// </summary>
    private static IEnumerable<HiddenBytes> ReadAround(ZipArchive archive)
    {
        var file = archive.File;
        long first = archive.EntriesInFileOrder.Count > 0 ? archive.EntriesInFileOrder[0].HeaderOffset : 0;
        if (first > 0)
        {
            yield return Read(0, Math.Min(first, MaxAround), "what precedes the archive");
        }

        yield return Read(archive.DirectoryEnd, file.Length - archive.DirectoryEnd, "what follows the directory of the archive");
        if (archive.Findings.FirstOrDefault(finding => finding.Code == FindingCodes.TrailingBytes)?.Offset is { } end)
        {
            yield return Read(end, file.Length - end, "what follows the archive");
        }

        HiddenBytes Read(long offset, long length, string what) =>
            new(file.ReadRange(offset, Math.Min(length, MaxAround), what), what, IsPickle: true);
    }

    public static bool IsNamedLikePickle(string name) =>
        PickleExtensions.Any(extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase));

    public static bool StartsLikePickle(ReadOnlySpan<byte> start) => start is [(byte)PickleOpcode.Proto, <= 5, ..];

    /// <summary>A pickle, or an archive that may hold one, as <c>torch.export</c> writes.</summary>
    public static bool StartsLikeContent(ReadOnlySpan<byte> start) => StartsLikePickle(start) || start.StartsWith("PK"u8);

    /// <summary>Storages are named by numbers or by addresses: nothing with a dot or in a deeper directory.</summary>
    public static bool IsTensorData(ReadOnlySpan<byte> name, ReadOnlySpan<byte> dataPrefix) =>
        name.StartsWith(dataPrefix) && name[dataPrefix.Length..].IndexOfAny((byte)'.', (byte)'/') < 0;

    private static byte[]? TryRead(ZipArchive archive, ZipEntry entry, ref long limit)
    {
        try
        {
            string name = entry.Name;
            if (!IsNamedLikePickle(name) && !StartsLikeContent(archive.ReadStart(entry, ProbeLength)))
            {
                return null;
            }

            // Charged for the attempt: entries may share bytes that take long to turn out broken.
            long length = checked(entry.Length + entry.CompressedLength);
            if (length > limit)
            {
                archive.Findings.Add(new CheckpointFinding(
                    FindingSeverity.Error,
                    FindingCodes.HiddenPickles,
                    null,
                    entry.HeaderOffset,
                    $"record '{PickleText.Shorten(name)}' looks like a pickle and was not read: there are too many bytes of such records"));
                return null;
            }

            limit -= length;
            return archive.ReadContent(entry, entry.Length, out _);
        }
        catch (CheckpointException exception)
        {
            archive.Findings.Add(new CheckpointFinding(
                FindingSeverity.Error, FindingCodes.ArchiveEntryInvalid, null, entry.HeaderOffset, exception.Detail));
            return null;
        }
    }
}

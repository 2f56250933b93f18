using System.Text;
using LowMem.Checkpoints.Containers.Zip;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;

namespace LowMem.Checkpoints.Formats.PyTorch.Zip;

/// <summary>
/// The records of an archive other than its main pickle and the data of tensors, and what is in no record. What is
/// compressed is unfolded within the same bounds as the main pickle.
/// </summary>
internal static class HiddenRecords
{
    /// <summary>Extensions under which pickles go.</summary>
    private static readonly string[] PickleExtensions = [".pkl", ".pickle", ".pck", ".pcl", ".dill", ".joblib"];

    /// <summary>The first two bytes tell a pickle of protocol 2 or later.</summary>
    public const int ProbeLength = 2;

    /// <summary>How much of a record that does not look like a pickle is looked through.</summary>
    private const long MostOfOthers = 16 << 20;

    /// <param name="archive">The archive.</param>
    /// <param name="main">The record that is read as the checkpoint, or null.</param>
    /// <param name="folders">The directories of the tensors' data, with their slash.</param>
    /// <param name="limit">The most bytes that all of them together may have.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <param name="others">The names of more records that are read as parts of the checkpoint, or null.</param>
    public static IEnumerable<HiddenBytes> Read(
        ZipArchive archive,
        ZipEntry? main,
        IReadOnlyList<string> folders,
        long limit,
        CancellationToken cancellationToken,
        IReadOnlySet<string>? others = null)
    {
        byte[][] prefixes = [.. folders.Select(Encoding.UTF8.GetBytes)];
        foreach (var entry in archive.Entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if ((main is { } read && entry.Equals(read)) || IsTensorData(entry, prefixes) || entry.Length < ProbeLength || !entry.IsReadable)
            {
                continue;
            }

            if (others?.Contains(entry.Name) == true)
            {
                continue;
            }

            if (TryRead(archive, entry, ref limit) is { } bytes)
            {
                yield return bytes;
            }
        }

        foreach (var piece in new ZipSlack(archive, cancellationToken).Read().Where(piece => PicklePayload.MayHoldPickle(piece.Bytes.Span)))
        {
            yield return new HiddenBytes(piece.Bytes, piece.What, IsPickle: true);
        }
    }

    public static bool IsNamedLikePickle(string name) =>
        PickleExtensions.Any(extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase));

    public static bool StartsLikePickle(ReadOnlySpan<byte> start) => start is [(byte)PickleOpcode.Proto, <= 5, ..];

    /// <summary>A pickle, or an archive that may hold one, as <c>torch.export</c> writes.</summary>
    public static bool StartsLikeContent(ReadOnlySpan<byte> start) => StartsLikePickle(start) || start.StartsWith("PK"u8);

    /// <summary>Storages are named by numbers or by addresses: nothing with a dot or in a deeper directory.</summary>
    public static bool IsTensorData(ReadOnlySpan<byte> name, ReadOnlySpan<byte> dataPrefix) =>
        name.StartsWith(dataPrefix) && name[dataPrefix.Length..].IndexOfAny((byte)'.', (byte)'/') < 0;

    private static bool IsTensorData(ZipEntry entry, byte[][] prefixes)
    {
        foreach (byte[] prefix in prefixes)
        {
            if (IsTensorData(entry.NameBytes, prefix))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// What goes by the name of a pickle or begins like one, whole; of the rest, such as code and texts beside a model, the
    /// first part: a pickle of protocol 0 begins like anything, and text may be one that is encoded.
    /// </summary>
    private static HiddenBytes? TryRead(ZipArchive archive, ZipEntry entry, ref long limit)
    {
        try
        {
            string name = entry.Name;
            bool isPickle = IsNamedLikePickle(name) || StartsLikeContent(archive.ReadStart(entry, ProbeLength));
            bool isCut = !isPickle && entry.Length > MostOfOthers;

            // Charged for the attempt: entries may share bytes that take long to turn out broken.
            long length = isCut ? MostOfOthers : checked(entry.Length + entry.CompressedLength);
            if (length > limit)
            {
                Add(archive, entry, FindingSeverity.Error, FindingCodes.HiddenPickles, isPickle
                    ? $"record '{DisplayText.Name(name)}' looks like a pickle and was not read: there are too many bytes of such records"
                    : $"record '{DisplayText.Name(name)}' was not looked through: there are too many bytes of such records");
                return null;
            }

            limit -= length;
            byte[] bytes;
            if (isCut)
            {
                Add(archive, entry, FindingSeverity.Warning, FindingCodes.HiddenPickles,
                    $"record '{DisplayText.Name(name)}' has {entry.Length} bytes that belong to no tensor; the first {MostOfOthers} of them were looked through");
                bytes = archive.ReadStart(entry, (int)MostOfOthers);
            }
            else
            {
                bytes = archive.ReadContent(entry, entry.Length, out _);
            }

            return isPickle || PicklePayload.MayHoldPickle(bytes)
                ? new HiddenBytes(bytes, $"record '{DisplayText.Name(name)}'", isPickle)
                : null;
        }
        catch (CheckpointException exception)
        {
            Add(archive, entry, FindingSeverity.Error, FindingCodes.ArchiveEntryInvalid, exception.Detail);
            return null;
        }
    }

    private static void Add(ZipArchive archive, ZipEntry entry, FindingSeverity severity, string code, string message) =>
        archive.Findings.Add(new CheckpointFinding(severity, code, null, entry.HeaderOffset, message));
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Zip;
using LowMem.Checkpoints.Safety;

namespace LowMem.Checkpoints.Formats.PyTorch.Unpacked;

/// <summary>The files of an unpacked archive, other than its pickle and the storages, that are pickles by name or by their first bytes.</summary>
internal static class UnpackedHiddenFiles
{
    /// <summary>The most bytes that all of them together may have; more is a finding.</summary>
    private const long MaxLength = 64 << 20;

    /// <param name="records">The files.</param>
    /// <param name="storages">The keys of the storages.</param>
    /// <param name="findings">Where it is told what could not be read.</param>
    public static IEnumerable<HiddenBytes> Read(UnpackedRecords records, IReadOnlySet<string> storages, List<CheckpointFinding> findings)
    {
        const string data = ZipStorageResolver.DataFolder + "/";
        long left = MaxLength;
        foreach (string name in records.Names)
        {
            bool isStorage = name.StartsWith(data, StringComparison.Ordinal) && storages.Contains(name[data.Length..]);
            if (!isStorage && name != UnpackedRecords.MainPickle && TryRead(records, name, findings, ref left) is { } bytes)
            {
                yield return new HiddenBytes(bytes, $"file '{DisplayText.Name(name)}'", IsPickle: true);
            }
        }
    }

    private static byte[]? TryRead(UnpackedRecords records, string name, List<CheckpointFinding> findings, ref long left)
    {
        string what = $"file '{DisplayText.Name(name)}'";
        try
        {
            using var file = records.Open(name);
            if (file.Length < HiddenRecords.ProbeLength
                || (!HiddenRecords.IsNamedLikePickle(name) && !HiddenRecords.StartsLikeContent(file.ReadRange(0, HiddenRecords.ProbeLength, what))))
            {
                return null;
            }

            if (file.Length > left)
            {
                findings.Add(new CheckpointFinding(
                    FindingSeverity.Error,
                    FindingCodes.HiddenPickles,
                    null,
                    null,
                    $"{what} looks like a pickle and was not read: there are too many bytes of such files"));
                return null;
            }

            left -= file.Length;
            return file.ReadRange(0, file.Length, what);
        }
        catch (CheckpointException exception)
        {
            findings.Add(new CheckpointFinding(
                FindingSeverity.Error, FindingCodes.ArchiveEntryInvalid, null, null, $"{what} cannot be read: {exception.Detail.TrimEnd('.')}"));
            return null;
        }
    }
}

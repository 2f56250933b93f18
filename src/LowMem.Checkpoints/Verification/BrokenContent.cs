using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Verification;

/// <summary>Makes findings of an error that says that the content is broken, as against one that it could not be read.</summary>
internal static class BrokenContent
{
    public static bool IsBroken(CheckpointException exception) =>
        exception.ErrorId is CheckpointErrorIds.FormatInvalid or CheckpointErrorIds.Truncated or CheckpointErrorIds.Unsafe;

    /// <summary>The error itself, under its id, and the dangerous globals that were seen before it.</summary>
    public static IEnumerable<CheckpointFinding> Describe(CheckpointException exception)
    {
        yield return new CheckpointFinding(
            FindingSeverity.Error, exception.ErrorId, exception.Record, exception.Offset, exception.Detail.TrimEnd('.'));
        foreach (string name in exception.UnsafeGlobals)
        {
            yield return new CheckpointFinding(
                FindingSeverity.Error,
                FindingCodes.UnsafeGlobal,
                null,
                null,
                $"the pickle names '{DisplayText.Name(name)}', which could run code if PyTorch loaded the file");
        }
    }

    /// <summary>Whether there is a directory, and no checkpoint is found in it.</summary>
    public static bool IsNoCheckpoint(CheckpointException exception, string path, CheckpointLocation location) =>
        exception.ErrorId == CheckpointErrorIds.NotFound && location.DirectoryExists(path);

    /// <summary>The format that the first bytes of the broken file promise.</summary>
    public static string GuessFormat(CheckpointException exception, CheckpointLocation location)
    {
        if (!location.FileExists(exception.Path))
        {
            return CheckpointVerdict.UnknownFormat;
        }

        using var file = location.Open(exception.Path);
        return ContentDetector.Detect(file) switch
        {
            ContentKind.Zip => CheckpointFormats.PyTorchZip,
            ContentKind.Safetensors => CheckpointFormats.Safetensors,
            ContentKind.LegacyPyTorch => CheckpointFormats.PyTorchLegacy,
            ContentKind.Tar => CheckpointFormats.PyTorchTar,
            ContentKind.DistributedMetadata => CheckpointFormats.Distributed,
            _ => CheckpointVerdict.UnknownFormat,
        };
    }
}

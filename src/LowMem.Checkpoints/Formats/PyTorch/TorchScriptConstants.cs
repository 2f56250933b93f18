using System.Globalization;
using LowMem.Checkpoints.Formats.Zip;
using LowMem.Checkpoints.IO;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch;

/// <summary>
/// The constants of TorchScript code: <c>constants.pkl</c>, a tuple, with its storages in <c>constants/</c>. A frozen
/// model has all its weights there and an empty state dict; in any other they are no part of the state dict.
/// </summary>
internal static class TorchScriptConstants
{
    private const string Name = "constants";

    /// <summary>Reads the tensors, as <c>constants.0</c> and so on; nothing when the record is broken, which is noted.</summary>
    public static ObjectTreeWalker? Read(
        CheckpointFileReader file, string checkpoint, ZipArchive archive, string prefix, long limit, CancellationToken cancellationToken)
    {
        if (archive.Find($"{prefix}{Name}.pkl") is not { } entry)
        {
            return null;
        }

        try
        {
            byte[] bytes = archive.ReadContent(entry, Math.Min(limit, Array.MaxLength), out long offset);
            var source = new PickleSource(file.Path, $"{Name}.pkl", offset, PickleSource.BudgetFor(file.Length));
            var pickle = PickleMachine.Read(bytes, source, cancellationToken);
            var resolver = new ZipStorageResolver(archive, prefix, Name, isBigEndian: false);
            var factory = new TensorInfoFactory(file, checkpoint, CheckpointFormats.TorchScript, resolver);
            return ObjectTreeWalker.Walk(file, factory, pickle, Name, cancellationToken);
        }
        catch (CheckpointException exception)
        {
            archive.Findings.Add(new CheckpointFinding(
                FindingSeverity.Error, FindingCodes.ArchiveEntryInvalid, null, entry.HeaderOffset, exception.Detail.TrimEnd('.')));
            return null;
        }
    }

    /// <summary>The directory of the storages of constants, with its slash.</summary>
    public static string FolderOf(string prefix) => $"{prefix}{Name}/";

    /// <summary>Storages that no constant uses; none when the constants could not be read, which is a finding.</summary>
    public static IEnumerable<StoredStorage> ListUnused(ZipArchive archive, string prefix, ObjectTreeWalker? constants)
    {
        if (constants is null)
        {
            return [];
        }

        var used = constants.Tensors.SelectMany(KeysOf).Concat(constants.OtherStorages).ToHashSet(StringComparer.Ordinal);
        return ZipStorageResolver.ListStorages(archive, FolderOf(prefix))
            .Select(storage => storage with { Key = $"{Name}/{storage.Key}" })
            .Where(storage => !used.Contains(storage.Key));
    }

    private static IEnumerable<string> KeysOf(TensorInfo tensor) =>
        tensor.Components.Values.Append(tensor).Select(part => part.StorageKey).OfType<string>();

    /// <summary>A line about constants that are not listed as tensors.</summary>
    public static string Describe(IReadOnlyCollection<TensorInfo> tensors) => string.Create(
        CultureInfo.InvariantCulture,
        $"{tensors.Count} tensors, {tensors.Sum(tensor => tensor.ByteLength)} bytes, no part of the state dict");
}

using System.Globalization;
using LowMem.Checkpoints.Containers.Zip;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Zip;

/// <summary>
/// The constants of TorchScript code: <c>constants.pkl</c>, a tuple, with its storages in <c>constants/</c>. A frozen
/// model has all its weights there and an empty state dict; in any other they are no part of the state dict, and come last.
/// </summary>
internal static class TorchScriptConstants
{
    private const string Name = "constants";

    /// <summary>Reads the tensors, as <c>constants.0</c> and so on; nothing when the record is broken, which is noted.</summary>
    public static ObjectTreeWalker? Read(
        RandomAccessSource file, string checkpoint, ZipArchive archive, string prefix, long limit, CancellationToken cancellationToken)
    {
        if (archive.Find($"{prefix}{Name}.pkl") is not { } entry)
        {
            return null;
        }

        try
        {
            byte[] bytes = archive.ReadContent(entry, Math.Min(limit, Array.MaxLength), out long offset);
            var source = new PickleSource(file.Name, $"{Name}.pkl", offset, PickleSource.BudgetFor(file.StoredLength));
            var pickle = PickleMachine.Read(bytes, source, cancellationToken).OrThrow();
            var resolver = new ZipStorageResolver(archive, prefix, Name, isBigEndian: false);
            var factory = new TensorInfoFactory(file, checkpoint, CheckpointFormats.TorchScript, resolver);
            return ObjectTreeWalker.Walk(file, factory, pickle, cancellationToken, Name);
        }
        catch (CheckpointException exception)
        {
            archive.Findings.Add(new CheckpointFinding(
                FindingSeverity.Error, FindingCodes.ArchiveEntryInvalid, null, entry.HeaderOffset, exception.Detail.TrimEnd('.')));
            return null;
        }
    }

    /// <summary>The tensors of the object and, behind them, those of the constants.</summary>
    public static TensorList Join(TensorList tensors, TensorList? constants)
    {
        if (tensors.Count == 0)
        {
            return constants ?? tensors;
        }

        foreach (var constant in constants ?? [])
        {
            tensors.Add(constant with { IsAttribute = true });
        }

        return tensors;
    }

    /// <summary>The directory of the storages of constants, with its slash.</summary>
    public static string FolderOf(string prefix) => $"{prefix}{Name}/";

    /// <summary>
    /// The storages of constants, by the names by which tensors know them; none when the constants could not be read, which
    /// is a finding.
    /// </summary>
    public static IEnumerable<StoredStorage> ListStorages(ZipArchive archive, string prefix, ObjectTreeWalker? constants) =>
        constants is null
            ? []
            : ZipStorageResolver.ListStorages(archive, FolderOf(prefix))
                .Select(storage => storage with { Key = $"{Name}/{storage.Key}" })
                .Where(storage => !constants.OtherStorages.Contains(storage.Key));

    /// <summary>A line about constants that are not listed as tensors.</summary>
    public static string Describe(IReadOnlyCollection<TensorInfo> tensors) => string.Create(
        CultureInfo.InvariantCulture,
        $"{tensors.Count} tensors, {tensors.Sum(tensor => tensor.ByteLength)} bytes, no part of the state dict");
}

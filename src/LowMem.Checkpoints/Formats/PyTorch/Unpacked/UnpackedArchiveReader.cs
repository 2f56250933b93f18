using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Formats.PyTorch.Zip;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Unpacked;

/// <summary>
/// The directory that unpacking an archive of <c>torch.save</c> or TorchScript gives: the same records, each a file. PyTorch
/// does not load it; model servers and people make it.
/// </summary>
internal static class UnpackedArchiveReader
{
    private const int MaxLineRecord = 4096;
    private const string Constants = "constants";

    /// <param name="directory">The directory that holds the pickle.</param>
    /// <param name="checkpoint">The path that was asked for.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public static Checkpoint Read(SourceDirectory directory, string checkpoint, CancellationToken cancellationToken)
    {
        using var file = directory.Open(UnpackedRecords.MainPickle, cancellationToken);
        try
        {
            return Read(file, directory, checkpoint, cancellationToken);
        }
        catch (OverflowException exception)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid, file.Name, "a size or offset in the file is impossible.", exception);
        }
    }

    private static Checkpoint Read(RandomAccessSource file, SourceDirectory directory, string checkpoint, CancellationToken cancellationToken)
    {
        var records = UnpackedRecords.List(directory, cancellationToken);
        var findings = new List<CheckpointFinding>();
        var files = new List<CheckpointFile> { file.Version };
        var pickle = ReadPickle(file, UnpackedRecords.MainPickle, cancellationToken);
        byte[] rest = ReadRest(file, pickle);
        string? byteOrder = ReadLine("byteorder");
        var storages = new UnpackedStorages(records, ZipStorageResolver.DataFolder, byteOrder == "big");
        var hidden = UnpackedHiddenFiles.Read(records, storages.Keys.ToHashSet(StringComparer.Ordinal), findings)
            .Append(new HiddenBytes(rest, "what follows the pickle in 'data.pkl'", IsPickle: true));
        var globals = GlobalReport.Of([pickle], hidden, cancellationToken);
        if (pickle.Error is { } error)
        {
            throw error.Naming(globals);
        }

        _ = globals.OrRefuse(file.Name);
        string format = records.Contains(Constants + ".pkl") ? CheckpointFormats.TorchScript : CheckpointFormats.PyTorchZip;
        var walker = ObjectTreeWalker.Walk(
            file, new TensorInfoFactory(file, checkpoint, format, storages), pickle, cancellationToken);
        var constantStorages = new UnpackedStorages(records, Constants, isBigEndian: false);
        var constants = format == CheckpointFormats.TorchScript
            ? ReadConstants(records, constantStorages, checkpoint, files, findings, cancellationToken)
            : null;
        bool isFrozen = walker.Tensors.Count == 0 && constants is not null;
        var tensors = TorchScriptConstants.Join(walker.Tensors, constants?.Tensors);
        var listed = storages.ListAll()
            .Concat(constantStorages.ListAll().Select(storage => storage with { Key = constantStorages.NamePrefix + storage.Key }))
            .ToList();
        findings.AddRange(listed.Where(storage => storage.Problem is not null).Select(storage => new CheckpointFinding(
            FindingSeverity.Error, FindingCodes.StorageMissing, null, null, storage.Problem!)));
        files.AddRange(listed.Select(storage => storage.File).OfType<CheckpointFile>());
        string? version = ReadLine("version");
        var metadata = new OrderedDictionary<string, string>();
        if (byteOrder is not null)
        {
            metadata["byteorder"] = byteOrder;
        }

        if (!isFrozen && constants is { Tensors.Count: > 0 })
        {
            metadata["constants"] = TorchScriptConstants.Describe(constants.Tensors);
        }

        return new Checkpoint
        {
            Path = checkpoint,
            Format = format,
            FormatVersion = version,
            Tensors = tensors,
            Values = walker.Values,
            DescribedKeys = walker.DescribedKeys,
            Globals = globals.All,
            UnknownGlobals = globals.Unknown,
            UnknownUses = globals.UnknownUses,
            UnsafeGlobals = globals.Unsafe,
            Metadata = metadata,
            Files = files,
            IsUnpacked = true,
            Storages = listed
                .Where(storage => storage.File is not null && !walker.OtherStorages.Contains(storage.Key))
                .Select(storage => new StoredStorage(storage.File!.Path, storage.Key, storage.File.Length)),
            Findings = [.. findings.Distinct(), .. globals.Findings, .. walker.Findings, .. constants?.Findings ?? []],
        };

        string? ReadLine(string name)
        {
            if (!records.Contains(name))
            {
                return null;
            }

            try
            {
                using var record = records.Open(name);
                files.Add(record.Version);
                return Encoding.UTF8.GetString(record.ReadRange(0, Math.Min(record.Length, MaxLineRecord), name)).Trim();
            }
            catch (CheckpointException exception)
            {
                // The order of the bytes of all values stands in one of these.
                findings.Add(new CheckpointFinding(
                    FindingSeverity.Error, FindingCodes.ArchiveEntryInvalid, null, null, $"file '{name}': {exception.Detail}"));
                return null;
            }
        }
    }

    private static PickleResult ReadPickle(RandomAccessSource file, string name, CancellationToken cancellationToken)
    {
        var source = new PickleSource(file.Name, name, 0, PickleSource.BudgetFor(file.Length)) { EndsWithFile = true };
        return PickleMachine.Read(
            new FilePickleInput(file, 0, Math.Min(file.Length, Array.MaxLength)), source, persistentLoader: null, cancellationToken);
    }

    private static byte[] ReadRest(RandomAccessSource file, PickleResult pickle)
    {
        const long most = 16 << 20;
        return file.ReadRange(pickle.ByteLength, Math.Min(file.Length - pickle.ByteLength, most), "what follows the pickle");
    }

    /// <summary>The weights of a frozen model; see <see cref="TorchScriptConstants"/>.</summary>
    private static ObjectTreeWalker? ReadConstants(
        UnpackedRecords records,
        UnpackedStorages storages,
        string checkpoint,
        List<CheckpointFile> files,
        List<CheckpointFinding> findings,
        CancellationToken cancellationToken)
    {
        try
        {
            using var file = records.Open(Constants + ".pkl");
            files.Add(file.Version);
            var pickle = ReadPickle(file, Constants + ".pkl", cancellationToken);
            var factory = new TensorInfoFactory(file, checkpoint, CheckpointFormats.TorchScript, storages);
            return pickle.Error is { } error
                ? throw error
                : ObjectTreeWalker.Walk(file, factory, pickle, cancellationToken, Constants);
        }
        catch (CheckpointException exception)
        {
            findings.Add(new CheckpointFinding(
                FindingSeverity.Error, FindingCodes.ArchiveEntryInvalid, null, exception.Offset, DisplayText.Line(exception.Detail.TrimEnd('.'))));
            return null;
        }
    }
}

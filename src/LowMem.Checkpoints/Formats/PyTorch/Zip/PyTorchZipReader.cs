using System.Text;
using LowMem.Checkpoints.Containers.Zip;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Exported;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Safety.WeightsOnly;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Zip;

/// <summary>
/// The archive that <c>torch.save</c> writes since PyTorch 1.6: one root directory with <c>data.pkl</c> and a record
/// <c>data/KEY</c> for each storage.
/// </summary>
internal static class PyTorchZipReader
{
    /// <summary>The records beside the pickle are a line of text each.</summary>
    private const int MaxLineRecord = 4096;

    /// <summary>How much is looked through of an archive that is no checkpoint.</summary>
    private const long MostOfOthers = 64 << 20;

    public static Checkpoint Read(RandomAccessSource file, string checkpoint, CancellationToken cancellationToken) =>
        Read(file, checkpoint, isPart: false, cancellationToken);

    /// <param name="file">The archive.</param>
    /// <param name="checkpoint">The path that was asked for.</param>
    /// <param name="isPart">Whether it is a record of an archive of <c>torch.export</c>, and can be none itself.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public static Checkpoint Read(RandomAccessSource file, string checkpoint, bool isPart, CancellationToken cancellationToken)
    {
        var archive = OpenArchive(file, cancellationToken);
        string prefix = FindRoot(archive);

        // Pickles are held in memory, so their size is bounded by that of the file or, unfolded, by a fair multiple.
        long limit = Math.Max(file.StoredLength, 1 << 20) * 16;
        if (archive.Find(prefix + "data.pkl") is not { } entry)
        {
            if (!isPart && ExportedProgramReader.FindRoot(archive, prefix) is { } root)
            {
                return ExportedProgramReader.Read(archive, root, checkpoint, limit, cancellationToken);
            }

            // Nothing is loaded from it in any case: what is far too long for a pickle alone is not read.
            var others = HiddenRecords.Read(archive, main: null, FoldersOf(archive, prefix), Math.Min(limit, MostOfOthers), cancellationToken);
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid,
                file.Name,
                $"this zip archive is no PyTorch checkpoint: it has no '{DisplayText.Name(prefix)}data.pkl'.")
                .Naming(GlobalReport.Of([], others, cancellationToken));
        }

        var input = archive.OpenPickle(entry, Math.Min(limit, Array.MaxLength), out long offset);
        var source = new PickleSource(file.Name, "data.pkl", offset, PickleSource.BudgetFor(file.StoredLength));
        using var weightsOnly = new BackgroundCheck(input, source, cancellationToken);
        var pickle = PickleMachine.Read(input, source, persistentLoader: null, cancellationToken, new OrdinaryTensorPattern());
        var rest = input.Read(pickle.ByteLength, input.Length - pickle.ByteLength);
        var hidden = HiddenRecords.Read(archive, entry, FoldersOf(archive, prefix), limit, cancellationToken)
            .Append(new HiddenBytes(rest, "what follows the pickle in 'data.pkl'", IsPickle: true));
        var globals = GlobalReport.Of([pickle], hidden, cancellationToken);
        if (pickle.Error is { } error)
        {
            throw error.Naming(globals);
        }

        _ = globals.OrRefuse(file.Name);

        string? byteOrder = ReadLine(archive, prefix + "byteorder");
        var resolver = new ZipStorageResolver(archive, prefix, ZipStorageResolver.DataFolder, byteOrder == "big");
        string format = archive.Find(prefix + "constants.pkl") is null
            ? CheckpointFormats.PyTorchZip
            : CheckpointFormats.TorchScript;
        var factory = new TensorInfoFactory(file, checkpoint, format, resolver);
        var walker = ObjectTreeWalker.Walk(file, factory, pickle, cancellationToken);
        var constants = TorchScriptConstants.Read(file, checkpoint, archive, prefix, limit, cancellationToken);
        bool isFrozen = walker.Tensors.Count == 0 && constants is not null;
        var tensors = TorchScriptConstants.Join(walker.Tensors, constants?.Tensors);
        var metadata = ReadMetadata(archive, prefix, byteOrder);
        if (!isFrozen && constants is { Tensors.Count: > 0 })
        {
            metadata["constants"] = TorchScriptConstants.Describe(constants.Tensors);
        }

        return new Checkpoint
        {
            Path = checkpoint,
            Format = format,
            FormatVersion = ReadLine(archive, prefix + "version"),
            Tensors = tensors,
            Values = walker.Values,
            DescribedKeys = walker.DescribedKeys,
            ModuleVersions = ModuleVersions.Find(pickle.Root, out var stateDicts),
            StateDicts = stateDicts,
            Globals = globals.All,
            UnknownGlobals = globals.Unknown,
            UnknownUses = globals.UnknownUses,
            UnsafeGlobals = globals.Unsafe,
            WeightsOnlyAnswer = format == CheckpointFormats.TorchScript
                ? WeightsOnlyAnswer.Refused("it is a TorchScript archive")
                : weightsOnly.GetAnswer(),
            Metadata = metadata,
            Files = [file.Version],
            Storages = ZipStorageResolver.ListStorages(archive, $"{prefix}{ZipStorageResolver.DataFolder}/")
                .Where(storage => !walker.OtherStorages.Contains(storage.Key))
                .Concat(TorchScriptConstants.ListStorages(archive, prefix, constants)),
            Findings = [.. archive.Findings, .. globals.Findings, .. walker.Findings, .. constants?.Findings ?? []],
        };
    }

    /// <summary>The directories of storages: no pickles are in there, whatever their bytes are.</summary>
    private static string[] FoldersOf(ZipArchive archive, string prefix) => archive.Find($"{prefix}constants.pkl") is null
        ? [$"{prefix}{ZipStorageResolver.DataFolder}/"]
        : [$"{prefix}{ZipStorageResolver.DataFolder}/", TorchScriptConstants.FolderOf(prefix)];

    private static ZipArchive OpenArchive(RandomAccessSource file, CancellationToken cancellationToken)
    {
        try
        {
            return ZipDirectoryReader.Read(file, cancellationToken);
        }
        catch (CheckpointException exception) when (exception.ErrorId == CheckpointErrorIds.Truncated)
        {
            throw TruncatedArchive.Explain(file, exception, cancellationToken);
        }
    }

    /// <summary>PyTorch takes the root from the first entry; everything else must be below it.</summary>
    private static string FindRoot(ZipArchive archive)
    {
        if (archive.Entries.Count == 0)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid, archive.File.Name, "the zip archive is empty.");
        }

        string first = archive.Entries[0].Name;
        int slash = first.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? string.Empty : first[..(slash + 1)];
    }

    private static OrderedDictionary<string, string> ReadMetadata(ZipArchive archive, string prefix, string? byteOrder)
    {
        var metadata = new OrderedDictionary<string, string>();
        AddIfAny("byteorder", byteOrder);
        AddIfAny("format_version", ReadLine(archive, prefix + ".format_version"));
        AddIfAny("storage_alignment", ReadLine(archive, prefix + ".storage_alignment"));
        AddIfAny("serialization_id", ReadLine(archive, prefix + ".data/serialization_id"));
        return metadata;

        void AddIfAny(string name, string? value)
        {
            if (value is not null)
            {
                metadata[name] = value;
            }
        }
    }

    /// <summary>The text of a record of one line; null when there is none, and when it is broken, which is noted.</summary>
    public static string? ReadLine(ZipArchive archive, string name)
    {
        if (archive.Find(name) is not { } entry)
        {
            return null;
        }

        try
        {
            return Encoding.UTF8.GetString(archive.ReadContent(entry, MaxLineRecord, out _)).Trim();
        }
        catch (CheckpointException exception)
        {
            // The values hang on the order of the bytes; and what could not be read may say anything.
            var severity = exception.IsOfReading || name.EndsWith("byteorder", StringComparison.Ordinal) ? FindingSeverity.Error : FindingSeverity.Warning;
            archive.Findings.Add(new CheckpointFinding(
                severity, FindingCodes.ArchiveEntryInvalid, null, entry.HeaderOffset, exception.Detail));
            return null;
        }
    }
}

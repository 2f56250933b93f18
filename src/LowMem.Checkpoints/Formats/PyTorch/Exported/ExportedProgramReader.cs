using LowMem.Checkpoints.Containers.Zip;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Zip;
using LowMem.Checkpoints.Safety;

namespace LowMem.Checkpoints.Formats.PyTorch.Exported;

/// <summary>
/// The archives of <c>torch.export.save</c> and AOTInductor (<c>.pt2</c>): weights and constants by their fully qualified
/// names. The program itself is not read; code in the archive is not run.
/// </summary>
internal static class ExportedProgramReader
{
    /// <inheritdoc cref="ExportedRecords.FindRoot"/>
    public static string? FindRoot(ZipArchive archive, string prefix) => ExportedRecords.FindRoot(archive, prefix);

    /// <param name="archive">The archive.</param>
    /// <param name="root">Where its records are.</param>
    /// <param name="checkpoint">The path that was asked for.</param>
    /// <param name="limit">The most bytes of records that are looked through for pickles.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public static Checkpoint Read(ZipArchive archive, string root, string checkpoint, long limit, CancellationToken cancellationToken)
    {
        var file = archive.File;
        var records = new ExportedRecords(archive, root);
        string? byteOrder = PyTorchZipReader.ReadLine(archive, root + "byteorder");
        var contents = new ExportedContents(archive, root, checkpoint, byteOrder == "big", cancellationToken);
        if (records.IsOld)
        {
            AddOld(records, contents);
        }
        else
        {
            AddModels(records, contents);
        }

        contents.ReadParts();
        var hidden = HiddenRecords.Read(archive, main: null, folders: [], limit, cancellationToken, contents.KnownRecords);
        var globals = GlobalReport.Of([], hidden, cancellationToken).OrRefuse(file.Name);
        var parts = contents.Parts;
        var metadata = new OrderedDictionary<string, string>();
        AddIfAny("byteorder", byteOrder);
        AddIfAny("models", records.IsOld ? string.Empty : string.Join(", ", records.Models));
        AddIfAny("compiled", string.Join(", ", records.CompiledModels));
        return new Checkpoint
        {
            Path = checkpoint,
            Format = CheckpointFormats.TorchExport,
            FormatVersion = PyTorchZipReader.ReadLine(archive, root + (records.IsOld ? "version" : "archive_version")),
            Tensors = contents.Tensors,
            Values = contents.Values,
            DescribedKeys = contents.DescribedKeys,
            Globals = NameUnion.Of(globals.All, parts.Select(part => part.Globals).Concat(contents.Errors.Select(error => error.Globals))),
            UnknownGlobals = NameUnion.Of(globals.Unknown, parts.Select(part => part.UnknownGlobals)),
            UnknownUses = [.. globals.UnknownUses, .. parts.SelectMany(part => part.UnknownUses)],
            UnsafeGlobals = NameUnion.Of(
                globals.Unsafe, parts.Select(part => part.UnsafeGlobals).Concat(contents.Errors.Select(error => error.UnsafeGlobals))),
            Metadata = metadata,
            Files = [file.Version],
            Archives = contents.Archives,
            Storages = contents.ListStorages(records.Payloads),
            Findings = [.. archive.Findings, .. globals.Findings, .. parts.SelectMany(part => part.Findings), .. contents.Findings],
        };

        void AddIfAny(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                metadata[name] = value;
            }
        }
    }

    private static void AddOld(ExportedRecords records, ExportedContents contents)
    {
        foreach (string what in (string[])["state_dict", "constants"])
        {
            if (records.FindOld(what) is { } record)
            {
                contents.AddWhole(record, string.Empty);
            }
            else if (what == "state_dict")
            {
                contents.AddFinding(FindingCodes.StorageMissing, null, "the archive has no record 'serialized_state_dict.pt'");
            }
        }
    }

    private static void AddModels(ExportedRecords records, ExportedContents contents)
    {
        // With one model a key is the name of the weight, with more the model comes first.
        var models = records.Models;
        bool isOne = models.Concat(records.CompiledModels).Distinct(StringComparer.Ordinal).Count() <= 1;
        foreach (string model in models)
        {
            string prefix = isOne ? string.Empty : model + ".";
            string? weights = records.FindWeights(model);
            if (weights is null)
            {
                contents.AddFinding(
                    FindingCodes.StorageMissing, null, $"the archive has no weights of the model '{DisplayText.Name(model)}'");
            }

            Add(weights, ExportedRecords.WeightsFolder, prefix);
            Add(records.FindConstants(model), ExportedRecords.ConstantsFolder, prefix);
        }

        foreach (string model in records.CompiledModels)
        {
            if (records.FindCompiledConfig(model) is { } record)
            {
                string prefix = (isOne ? string.Empty : model + ".") + (models.Contains(model) ? "aotinductor." : string.Empty);
                contents.AddConfig(
                    record, prefix, ExportedRecords.WeightsFolder, () => records.ReadConfig(record, PayloadConfig.ParseCompiled));
            }
        }

        void Add(string? record, string folder, string prefix)
        {
            if (record?.EndsWith(ExportedRecords.Whole, StringComparison.Ordinal) == true)
            {
                contents.AddWhole(record, prefix);
            }
            else if (record is not null)
            {
                contents.AddConfig(record, prefix, folder, () => records.ReadConfig(record, PayloadConfig.Parse));
            }
        }
    }
}

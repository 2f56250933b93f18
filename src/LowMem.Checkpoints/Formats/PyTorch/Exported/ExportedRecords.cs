using System.Text;
using System.Text.Json;
using LowMem.Checkpoints.Containers.Zip;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Zip;

namespace LowMem.Checkpoints.Formats.PyTorch.Exported;

/// <summary>
/// The names of records in archives of <c>torch.export</c>: those of PyTorch 2.1 to 2.7 (torch/_export/__init__.py) and
/// those that <c>archive_format</c> marks (torch/csrc/export/pt2_archive_constants.h).
/// </summary>
/// <param name="archive">The archive.</param>
/// <param name="root">Its root directory, with the slash; empty where there is none.</param>
internal sealed class ExportedRecords(ZipArchive archive, string root)
{
    public const string WeightsFolder = "data/weights/";
    public const string ConstantsFolder = "data/constants/";
    public const string OldProgram = "serialized_exported_program.json";

    private const string Format = "archive_format";
    private const string FormatValue = "pt2";
    private const string ModelsFolder = "models/";
    private const string CompiledFolder = "data/aotinductor/";
    private const string CompiledConfig = "/weights_config.json";

    /// <summary>The configuration of a million weights is about 300 MB.</summary>
    private const long MaxConfig = 512 << 20;

    /// <summary>What follows the name of the model in that of a whole state dict, which comes before anything else.</summary>
    public const string Whole = ".pt";

    private const string WeightsConfig = "_weights_config.json";

    // A name that is no UTF-8 is none of PyTorch's, and cannot be asked for.
    private readonly List<string> names =
    [
        .. archive.Entries
            .Select(entry => Encoding.UTF8.GetString(entry.NameBytes))
            .Where(name => name.StartsWith(root, StringComparison.Ordinal))
            .Where(name => archive.Find(name) is not null)
            .Select(name => name[root.Length..])
            .Distinct(StringComparer.Ordinal),
    ];

    /// <summary>Where the records of an exported program are; null when the archive is none.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="prefix">The directory of its first record.</param>
    public static string? FindRoot(ZipArchive archive, string prefix)
    {
        if (archive.Find(prefix + Format) is not null && PyTorchZipReader.ReadLine(archive, prefix + Format) == FormatValue)
        {
            return prefix;
        }

        return archive.Find(prefix + OldProgram) is not null ? prefix : archive.Find(OldProgram) is not null ? string.Empty : null;
    }

    /// <summary>Whether it is an archive from before <c>archive_format</c>.</summary>
    public bool IsOld => archive.Find(root + OldProgram) is not null;

    /// <summary>The names of all models, sorted; those of weights when no program is there.</summary>
    public IReadOnlyList<string> Models
    {
        get
        {
            var programs = Between(ModelsFolder, ".json");
            return programs.Count > 0 ? programs : Between(WeightsFolder, WeightsConfig);
        }
    }

    /// <summary>The models that are compiled, and the configurations of their weights where there are any.</summary>
    public IReadOnlyList<string> CompiledModels =>
    [
        .. names.Where(name => name.StartsWith(CompiledFolder, StringComparison.Ordinal))
            .Select(name => name[CompiledFolder.Length..].Split('/')[0])
            .Where(model => model.Length > 0)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The record that holds all weights of a model, or says where each is; null when there is none.</summary>
    public string? FindWeights(string model) => FindFirst(WeightsFolder, model, [Whole, WeightsConfig, "_model_param_config.json"]);

    /// <summary>The same for its constants.</summary>
    public string? FindConstants(string model) =>
        FindFirst(ConstantsFolder, model, [Whole, "_constants_config.json", "_model_constants_config.json"]);

    /// <summary>The records in the folders of weights and constants.</summary>
    public IEnumerable<string> Payloads => names.Where(name =>
        name.StartsWith(WeightsFolder, StringComparison.Ordinal) || name.StartsWith(ConstantsFolder, StringComparison.Ordinal));

    /// <summary>The whole state dict or the constants of an old archive, under the first of the names that it has.</summary>
    /// <param name="what"><c>state_dict</c> or <c>constants</c>.</param>
    public string? FindOld(string what) =>
        new[] { $"serialized_{what}.pt", $"serialized_{what}.json" }.FirstOrDefault(name => archive.Find(root + name) is not null);

    public string? FindCompiledConfig(string model) =>
        archive.Find($"{root}{CompiledFolder}{model}{CompiledConfig}") is null ? null : $"{CompiledFolder}{model}{CompiledConfig}";

    /// <exception cref="CheckpointException">The record is broken, or no such JSON.</exception>
    public List<Payload> ReadConfig(string record, Func<ReadOnlyMemory<byte>, List<Payload>> parse)
    {
        var entry = archive.Find(root + record)!.Value;
        try
        {
            return parse(archive.ReadContent(entry, MaxConfig, out _));
        }
        catch (JsonException exception)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid, archive.File.Name, $"record '{DisplayText.Name(record)}': {exception.Message}.", exception)
            {
                Record = record,
                Offset = entry.HeaderOffset,
            };
        }
    }

    private List<string> Between(string folder, string ending) =>
    [
        .. names
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal) && name.EndsWith(ending, StringComparison.Ordinal))
            .Where(name => name.Length > folder.Length + ending.Length)
            .Select(name => name[folder.Length..^ending.Length])
            .Order(StringComparer.Ordinal),
    ];

    private string? FindFirst(string folder, string model, string[] endings) =>
        endings.Select(ending => folder + model + ending).FirstOrDefault(name => archive.Find(root + name) is not null);
}

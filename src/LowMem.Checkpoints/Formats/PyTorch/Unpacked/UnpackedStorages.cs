using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Storages;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Formats.PyTorch.Zip;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Unpacked;

/// <summary>Finds storages as files <c>data/KEY</c> of a directory. Each is opened once, for its length.</summary>
/// <param name="records">The files of the directory.</param>
/// <param name="folder"><c>data</c>, or another directory of storages.</param>
/// <param name="isBigEndian">Whether elements have their most significant byte first.</param>
internal sealed class UnpackedStorages(UnpackedRecords records, string folder, bool isBigEndian) : IStorageResolver
{
    private readonly Dictionary<string, (CheckpointFile? File, string? Problem)> known = new(StringComparer.Ordinal);

    /// <summary>The keys of all storages that there are: files in the folder itself, of names without a dot.</summary>
    public IReadOnlyList<string> Keys { get; } =
    [
        .. records.Names
            .Where(name => name.StartsWith(folder + "/", StringComparison.Ordinal))
            .Select(name => name[(folder.Length + 1)..])
            .Where(key => !key.Contains('/', StringComparison.Ordinal) && !key.Contains('.', StringComparison.Ordinal)),
    ];

    public string NamePrefix { get; } = folder == ZipStorageResolver.DataFolder ? string.Empty : $"{folder}/";

    /// <summary>The files of all storages, with their keys, and what is wrong with those that cannot be opened.</summary>
    public IEnumerable<(string Key, CheckpointFile? File, string? Problem)> ListAll()
    {
        foreach (string key in Keys)
        {
            var (file, problem) = Find(key);
            yield return (key, file, problem);
        }
    }

    public ResolvedStorage Resolve(PicklePersistentId id)
    {
        var reference = StorageReference.TryParse(id)
            ?? throw new TensorProblemException(FindingCodes.TensorInvalid, "its persistent id is not that of a storage");
        var (file, problem) = Find(reference.Key);
        if (file is null)
        {
            throw new TensorProblemException(FindingCodes.StorageMissing, problem!);
        }

        if (file.Length != reference.ByteLength)
        {
            throw new TensorProblemException(
                FindingCodes.StorageSizeMismatch,
                $"storage '{DisplayText.Name(reference.Key)}' should be {reference.ByteLength} bytes, and its file has {file.Length}");
        }

        return new ResolvedStorage(NamePrefix + reference.Key, reference.Type, new StorageExtent(0, file.Length, isBigEndian)) { Path = file.Path };
    }

    private (CheckpointFile? File, string? Problem) Find(string key)
    {
        if (!known.TryGetValue(key, out var outcome))
        {
            outcome = Look(key);
            known.Add(key, outcome);
        }

        return outcome;
    }

    /// <summary>Only what the directory was seen to hold is opened, so that no name leads anywhere else.</summary>
    private (CheckpointFile? File, string? Problem) Look(string key)
    {
        string name = $"{folder}/{key}";
        if (!records.Contains(name))
        {
            return (null, $"the directory has no file '{folder}/{DisplayText.Name(key)}'");
        }

        try
        {
            using var file = records.Open(name);
            return (file.Version, null);
        }
        catch (CheckpointException exception)
        {
            return (null, $"the file '{folder}/{DisplayText.Name(key)}' cannot be read: {exception.Detail}");
        }
    }
}

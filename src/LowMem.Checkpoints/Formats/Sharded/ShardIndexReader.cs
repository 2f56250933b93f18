using LowMem.Checkpoints.IO;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Safety.WeightsOnly;

namespace LowMem.Checkpoints.Formats.Sharded;

/// <summary>
/// Reads a checkpoint that is split over several files. A shard that is missing or broken becomes a finding; the
/// tensors of the others are listed.
/// </summary>
internal static class ShardIndexReader
{
    /// <summary>In the order in which Hugging Face's libraries prefer them.</summary>
    private static readonly string[] PreferredIndexes = ["model.safetensors.index.json", "pytorch_model.bin.index.json"];

    private static readonly string[] PreferredFiles = ["model.safetensors", "pytorch_model.bin"];

    public static Checkpoint ReadDirectory(string directory, CancellationToken cancellationToken)
    {
        using var file = ContainedFile.Open(directory, Path.GetFileName(FindIn(directory)));
        return ContentDetector.Detect(file) == ContentKind.ShardIndex
            ? Read(file, directory, cancellationToken)
            : CheckpointOpener.OpenFile(file, directory, cancellationToken);
    }

    public static Checkpoint Read(CheckpointFileReader file, string checkpoint, CancellationToken cancellationToken)
    {
        var index = ShardIndexParser.Parse(file);
        if (index.Shards.Count == 0)
        {
            throw new CheckpointException(CheckpointErrorIds.FormatInvalid, file.Path, "the shard index names no shards.");
        }

        string directory = Path.GetDirectoryName(file.Path)!;
        var findings = new List<CheckpointFinding>();
        var errors = new List<CheckpointException>();
        var shards = new List<Checkpoint>();
        foreach (string name in index.Shards)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (ReadShard(directory, name, checkpoint, errors, findings, cancellationToken) is { } shard)
            {
                shards.Add(shard);
                CompareKeys(index, name, shard, findings);
            }
        }

        return Merge(checkpoint, index, shards, errors, findings) with { IndexFiles = [file.Describe()] };
    }

    private static string FindIn(string directory)
    {
        try
        {
            string? known = PreferredIndexes.Concat(PreferredFiles)
                .Select(name => Path.Combine(directory, name))
                .FirstOrDefault(File.Exists);
            if (known is not null)
            {
                return known;
            }

            string[] indexes = Directory.GetFiles(directory, "*.index.json");
            return indexes switch
            {
                [var only] => only,
                [] => throw new CheckpointException(
                    CheckpointErrorIds.NotFound,
                    directory,
                    "the directory holds no checkpoint: there is no '*.index.json', '.metadata', 'model.safetensors' or 'pytorch_model.bin' in it."),
                _ => throw new CheckpointException(
                    CheckpointErrorIds.NotFound,
                    directory,
                    $"the directory holds {indexes.Length} shard indexes; name the one that is meant."),
            };
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            throw FileErrors.Wrap(exception, directory);
        }
    }

    private static Checkpoint? ReadShard(
        string directory,
        string name,
        string checkpoint,
        List<CheckpointException> errors,
        List<CheckpointFinding> findings,
        CancellationToken cancellationToken)
    {
        try
        {
            using var file = ContainedFile.Open(directory, name);
            return CheckpointOpener.OpenFile(file, checkpoint, cancellationToken);
        }
        catch (CheckpointException exception)
        {
            errors.Add(exception);
            findings.Add(new CheckpointFinding(
                FindingSeverity.Error,
                exception.ErrorId == CheckpointErrorIds.NotRegularFile ? exception.ErrorId : FindingCodes.ShardMissing,
                null,
                exception.Offset,
                $"shard '{PickleText.Shorten(name)}' cannot be read: {exception.Detail}"));
            return null;
        }
    }

    private static void CompareKeys(ShardIndex index, string name, Checkpoint shard, List<CheckpointFinding> findings)
    {
        var held = shard.Tensors.Select(tensor => tensor.Key).ToHashSet(StringComparer.Ordinal);
        foreach (string key in index.KeysByShard[name].Where(key => !held.Contains(key)))
        {
            findings.Add(new CheckpointFinding(
                FindingSeverity.Error,
                FindingCodes.ShardKeyMissing,
                key,
                null,
                $"the index places '{PickleText.Shorten(key)}' in '{PickleText.Shorten(name)}', which does not hold it"));
        }

        foreach (string key in held)
        {
            if (!index.WeightMap.TryGetValue(key, out string? file) || file != name)
            {
                findings.Add(new CheckpointFinding(
                    FindingSeverity.Warning,
                    FindingCodes.ShardKeyUnexpected,
                    key,
                    null,
                    $"'{PickleText.Shorten(name)}' holds '{PickleText.Shorten(key)}', which the index does not place there"));
            }
        }
    }

    private static Checkpoint Merge(
        string checkpoint,
        ShardIndex index,
        List<Checkpoint> shards,
        List<CheckpointException> errors,
        List<CheckpointFinding> findings)
    {
        var values = new OrderedDictionary<string, object?>();
        foreach (var (key, value) in shards.SelectMany(shard => shard.Values))
        {
            values[key] = value;
        }

        var held = shards.SelectMany(shard => shard.Tensors).Select(tensor => tensor.Key).ToHashSet(StringComparer.Ordinal);
        return new Checkpoint
        {
            Path = checkpoint,
            MissingKeys = [.. index.WeightMap.Keys.Where(key => !held.Contains(key))],
            Format = shards.FirstOrDefault()?.Format ?? CheckpointFormats.Safetensors,
            FormatVersion = shards.FirstOrDefault()?.FormatVersion,
            Tensors = [.. shards.SelectMany(shard => shard.Tensors)],
            Values = values,
            Globals = Union([.. shards.Select(shard => shard.Globals), .. errors.Select(error => error.Globals)]),
            UnknownGlobals = Union([.. shards.Select(shard => shard.UnknownGlobals)]),
            UnknownUses = [.. shards.SelectMany(UsesIn)],
            WeightsOnlyAnswer = WeightsOnlyAnswer.Combine(shards.Select(shard => shard.WeightsOnlyAnswer)),
            UnsafeGlobals = Union([.. shards.Select(shard => shard.UnsafeGlobals), .. errors.Select(error => error.UnsafeGlobals)]),
            Metadata = index.Metadata,
            Files = [.. shards.SelectMany(shard => shard.Files)],
            Storages = shards.SelectMany(shard => shard.Storages),
            ShardCount = index.Shards.Count,
            Findings = [.. findings, .. shards.SelectMany(shard => shard.Findings)],
        };
    }

    /// <summary>The offsets are those of the shard, which is named for it.</summary>
    private static IEnumerable<NamedGlobal> UsesIn(Checkpoint shard)
    {
        string name = PickleText.Shorten(Path.GetFileName(shard.Files[0].Path));
        return shard.UnknownUses.Select(use => use with { Where = $"{use.Where} of shard '{name}'" });
    }

    private static string[] Union(IReadOnlyList<string>[] names) =>
        [.. names.SelectMany(each => each).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}

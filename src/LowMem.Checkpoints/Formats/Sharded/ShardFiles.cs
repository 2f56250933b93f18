using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Sharded;

/// <summary>Reads the shards of a checkpoint one by one, and makes one checkpoint of them.</summary>
/// <param name="directory">Where they are.</param>
/// <param name="checkpoint">The path that was asked for.</param>
internal sealed class ShardFiles(SourceDirectory directory, string checkpoint)
{
    private readonly List<CheckpointException> errors = [];
    private readonly List<Checkpoint> shards = [];

    /// <summary>Those that could be read.</summary>
    public IReadOnlyList<Checkpoint> Shards => shards;

    /// <summary>What is wrong with the set, in front of the findings of the shards themselves.</summary>
    public List<CheckpointFinding> Findings { get; } = [];

    /// <summary>Reads shards, in this order. One that fails is null, and a finding.</summary>
    /// <param name="names">Their names.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public IEnumerable<(string Name, Checkpoint? Shard)> Read(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        // Where each read takes a while, waiting for one is no reason to wait for all.
        using var ahead = directory.Location.IsListed ? null : new ShardsAhead(names, Open, cancellationToken);
        foreach (string name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return (name, Read(name, ahead, cancellationToken));
        }
    }

    private Checkpoint Open(string name, CancellationToken cancellationToken)
    {
        using var file = directory.Open(name, cancellationToken);
        return CheckpointOpener.OpenFile(file, checkpoint, cancellationToken);
    }

    private Checkpoint? Read(string name, ShardsAhead? ahead, CancellationToken cancellationToken)
    {
        try
        {
            var shard = ahead is null ? Open(name, cancellationToken) : ahead.Take();
            shards.Add(shard);
            return shard;
        }
        catch (CheckpointException exception) when (!exception.IsOfServer)
        {
            errors.Add(exception);
            Findings.Add(new CheckpointFinding(
                FindingSeverity.Error,
                exception.ErrorId == CheckpointErrorIds.NotRegularFile ? exception.ErrorId : FindingCodes.ShardMissing,
                null,
                exception.Offset,
                $"shard '{DisplayText.Name(name)}' cannot be read: {exception.Detail}"));
            return null;
        }
    }

    /// <param name="count">How many shards there should be.</param>
    public Checkpoint Merge(int count)
    {
        var values = new OrderedDictionary<string, object?>();
        foreach (var (key, value) in shards.SelectMany(shard => shard.Values))
        {
            values[key] = value;
        }

        return new Checkpoint
        {
            Path = checkpoint,
            Format = shards.FirstOrDefault()?.Format ?? CheckpointFormats.Safetensors,
            FormatVersion = shards.FirstOrDefault()?.FormatVersion,
            Tensors = [.. shards.SelectMany(shard => shard.Tensors)],
            Values = values,
            DescribedKeys = shards.SelectMany(shard => shard.DescribedKeys).ToHashSet(StringComparer.Ordinal),
            Globals = NameUnion.Of([], [.. shards.Select(shard => shard.Globals), .. errors.Select(error => error.Globals)]),
            UnknownGlobals = NameUnion.Of([], [.. shards.Select(shard => shard.UnknownGlobals)]),
            UnknownUses = [.. shards.SelectMany(UsesIn)],
            WeightsOnlyAnswer = WeightsOnlyAnswer.Combine(shards.Select(shard => shard.WeightsOnlyAnswer)),
            UnsafeGlobals = NameUnion.Of([], [.. shards.Select(shard => shard.UnsafeGlobals), .. errors.Select(error => error.UnsafeGlobals)]),
            Files = [.. shards.SelectMany(shard => shard.Files)],
            Storages = shards.SelectMany(shard => shard.Storages),
            ShardCount = count,
            Findings = [.. Findings, .. shards.SelectMany(shard => shard.Findings)],
        };
    }

    /// <summary>The offsets are those of the shard, which is named for it.</summary>
    private static IEnumerable<NamedGlobal> UsesIn(Checkpoint shard)
    {
        string name = DisplayText.Name(Path.GetFileName(shard.Files[0].Path));
        return shard.UnknownUses.Select(use => use with { Where = $"{use.Where} of shard '{name}'" });
    }
}

using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>
/// Reads the description of a distributed checkpoint out of its pickle: instances of the classes of
/// torch/distributed/checkpoint/metadata.py and filesystem.py (torch/distributed/_shard/checkpoint in PyTorch 1.13).
/// </summary>
internal sealed class DistributedMetadataParser
{
    private const string MetadataClass = "checkpoint.metadata.Metadata";

    private readonly RandomAccessSource file;
    private readonly CancellationToken cancellationToken;
    private readonly DistributedNodes nodes;

    private DistributedMetadataParser(RandomAccessSource file, DistributedNodes nodes, CancellationToken cancellationToken)
    {
        this.file = file;
        this.nodes = nodes;
        this.cancellationToken = cancellationToken;
    }

    /// <exception cref="CheckpointException">The pickle is no description, or one that makes no sense as a whole.</exception>
    public static DistributedMetadata Parse(RandomAccessSource file, PickleResult pickle, CancellationToken cancellationToken)
    {
        if (pickle.Root is not PickleObject { CallableName: { } name, State: PickleMapping state }
            || !name.EndsWith(MetadataClass, StringComparison.Ordinal)
            || state.Find("state_dict_metadata") is not PickleMapping names)
        {
            throw Invalid(file, "it holds no Metadata of torch.distributed.checkpoint");
        }

        if (state.Find("storage_data") is not PickleMapping storages)
        {
            throw Invalid(file, "it does not say where the pieces are; only what FileSystemWriter writes is read here");
        }

        // Every piece has a place of its own. A description of a few bytes can stand under a million names, each time
        // with a million pieces.
        var nodes = new DistributedNodes(1024 + (2L * storages.Count));
        var parser = new DistributedMetadataParser(file, nodes, cancellationToken);
        string? version = state.Find("version") is PickleScalar { Value: string text } ? text : null;
        return new DistributedMetadata(version, parser.ReadEntries(names), parser.ReadPlaces(storages));
    }

    private List<DistributedEntry> ReadEntries(PickleMapping names)
    {
        var entries = new List<DistributedEntry>();
        foreach (var (key, value) in names.Entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            entries.Add(nodes.ReadEntry(PythonText.OfKey(key), value));
            if (nodes.HasTooManyPieces)
            {
                throw Invalid(file, "it names far more pieces than it has places for");
            }
        }

        return entries;
    }

    private Dictionary<PlaceKey, ChunkPlace> ReadPlaces(PickleMapping storages)
    {
        var places = new Dictionary<PlaceKey, ChunkPlace>();
        foreach (var (index, info) in storages.Entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (DistributedNodes.Attributes(index) is not { } indexState
                || indexState.Find("fqn") is not PickleScalar { Value: string key }
                || DistributedNodes.Attributes(info) is not { } infoState
                || infoState.Find("relative_path") is not PickleScalar { Value: string path }
                || infoState.Find("offset") is not PickleScalar { Value: long offset and >= 0 }
                || infoState.Find("length") is not PickleScalar { Value: long length and >= 0 })
            {
                throw Invalid(file, $"the place of a piece is not stated as it should be: {PythonText.Describe(index)}");
            }

            var offsets = indexState.Find("offset") is { } node ? nodes.Sizes(node) : null;
            bool isTransformed = infoState.Find("transform_descriptors") is { } list && PythonValues.AsSequence(list) is { Count: > 0 };
            places[new PlaceKey(key, offsets)] = new ChunkPlace(path, offset, length)
            {
                Transform = isTransformed ? PythonText.Describe(infoState.Find("transform_descriptors")!) : null,
            };
        }

        return places;
    }

    private static CheckpointException Invalid(RandomAccessSource file, string what) =>
        new(CheckpointErrorIds.FormatInvalid, file.Name, $"broken metadata of a distributed checkpoint: {what}.");
}

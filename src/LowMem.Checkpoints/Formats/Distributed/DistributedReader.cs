using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>
/// Reads the directories that <c>torch.distributed.checkpoint</c> writes (FSDP and others): a pickle
/// <c>.metadata</c> that names every tensor and the places of its pieces, and the files in which the pieces are.
/// </summary>
internal static class DistributedReader
{
    /// <summary>The name that PyTorch gives the description; it is how such a directory is known.</summary>
    public const string MetadataFile = ".metadata";

    public static Checkpoint ReadDirectory(SourceDirectory directory, CancellationToken cancellationToken)
    {
        using var file = directory.Open(MetadataFile, cancellationToken);
        return Read(file, directory.Name, cancellationToken);
    }

    /// <param name="file">The description.</param>
    /// <param name="checkpoint">The path that was asked for.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public static Checkpoint Read(RandomAccessSource file, string checkpoint, CancellationToken cancellationToken)
    {
        try
        {
            return ReadChecked(file, checkpoint, cancellationToken);
        }
        catch (OverflowException exception)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid, file.Name, "a size or offset in the metadata is impossible.", exception);
        }
    }

    private static Checkpoint ReadChecked(RandomAccessSource file, string checkpoint, CancellationToken cancellationToken)
    {
        var source = new PickleSource(file.Name, null, 0, PickleSource.BudgetFor(file.Length));
        var pickle = PickleMachine.Read(new FilePickleInput(file, 0, file.Length), source, persistentLoader: null, cancellationToken).OrThrow();
        var globals = GlobalReport.Of([pickle], [], cancellationToken).OrRefuse(file.Name);
        var metadata = Parse(file, pickle, globals, cancellationToken);
        var files = new ChunkFiles(SourceDirectory.Of(file), checkpoint, cancellationToken);
        files.Read(metadata.Entries.SelectMany(entry => PlacesOf(metadata, entry)));
        var assembler = new DistributedAssembler(file.Name, checkpoint, metadata, files, cancellationToken);
        foreach (var entry in metadata.Entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            assembler.Add(entry);
        }

        var pieces = files.Pieces.ToList();
        var between = GlobalReport.Of([], files.Between, cancellationToken).OrRefuse(file.Name);
        return new Checkpoint
        {
            Path = checkpoint,
            Format = CheckpointFormats.Distributed,
            FormatVersion = metadata.Version,
            Tensors = assembler.Tensors,
            Values = assembler.Values,
            DescribedKeys = assembler.DescribedKeys,
            Globals = NameUnion.Of(
                globals.All, pieces.Select(piece => piece.Globals).Append(between.All).Concat(files.Errors.Select(error => error.Globals))),
            UnknownGlobals = NameUnion.Of(globals.Unknown, pieces.Select(piece => piece.UnknownGlobals).Append(between.Unknown)),
            UnknownUses = [.. globals.UnknownUses, .. pieces.SelectMany(piece => piece.UnknownUses), .. between.UnknownUses],
            UnsafeGlobals = NameUnion.Of(
                globals.Unsafe,
                pieces.Select(piece => piece.UnsafeGlobals).Append(between.Unsafe).Concat(files.Errors.Select(error => error.UnsafeGlobals))),
            Files = [file.Version, .. files.Files],
            Archives = [.. files.Archives],
            Storages = pieces.SelectMany(piece => piece.Storages),
            ShardCount = files.Files.Count + files.Elsewhere.Count,
            Elsewhere = files.Elsewhere,
            Findings =
            [
                .. globals.Findings.Concat(pieces.SelectMany(piece => piece.Findings)).Concat(between.Findings).Distinct(),
                .. files.Findings,
                .. assembler.Findings,
            ],
        };
    }

    private static DistributedMetadata Parse(
        RandomAccessSource file, PickleResult pickle, GlobalReport globals, CancellationToken cancellationToken)
    {
        try
        {
            return DistributedMetadataParser.Parse(file, pickle, cancellationToken);
        }
        catch (CheckpointException error)
        {
            throw error.Naming(globals);
        }
    }

    private static IEnumerable<(string Key, ChunkPlace Place)> PlacesOf(DistributedMetadata metadata, DistributedEntry entry)
    {
        var offsets = entry.Tensor is null ? [null] : entry.Tensor.Chunks.Select(chunk => (long[]?)chunk.Offsets);
        foreach (var offset in offsets)
        {
            if (metadata.Places.TryGetValue(new PlaceKey(entry.Key, offset), out var place))
            {
                yield return (entry.Key, place);
            }
        }
    }
}

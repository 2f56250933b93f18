using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Safetensors;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>
/// Reads a directory that <c>HuggingFaceStorageWriter(save_sharded=True)</c> of <c>torch.distributed.checkpoint</c> wrote: each
/// process keeps its pieces of tensors in safetensors files of its own, and where they belong in the metadata of each.
/// </summary>
internal static class ShardedSafetensorsReader
{
    private const string Extension = ".safetensors";

    /// <summary>Whether a directory holds such files, and no index that says otherwise.</summary>
    public static bool IsPresent(SourceDirectory directory, CancellationToken cancellationToken)
    {
        try
        {
            var names = List(directory, out bool hasIndex);
            return names.Count > 0
                && !hasIndex
                && (names.FirstOrDefault(name => PieceName.TryParse(name) is not null) ?? names[0]) is var first
                && HoldsPieces(directory, first, cancellationToken);
        }
        catch (CheckpointException)
        {
            // Whoever opens the directory says so.
            return false;
        }
    }

    public static Checkpoint ReadDirectory(SourceDirectory directory, CancellationToken cancellationToken)
    {
        try
        {
            return Read(directory, cancellationToken);
        }
        catch (OverflowException exception)
        {
            throw new CheckpointException(CheckpointErrorIds.FormatInvalid, directory.Name, "a size or offset in the pieces is impossible.", exception);
        }
    }

    /// <summary>The same file with a finding when tensors in it are pieces of others: by itself it is no checkpoint.</summary>
    public static Checkpoint NoteIfPart(Checkpoint file)
    {
        if (!file.Metadata.TryGetValue(ShardingInfo.MetadataKey, out string? info))
        {
            return file;
        }

        bool isPart;
        try
        {
            isPart = ShardingInfo.Parse(info).Values.Any(offsets => offsets.Any(offset => offset > 0)) || HasSiblings(file.Files[0]);
        }
        catch (JsonException)
        {
            return file;
        }

        return !isPart ? file : file with
        {
            Findings =
            [
                .. file.Findings,
                new CheckpointFinding(
                    FindingSeverity.Error,
                    FindingCodes.ChunkLayoutInvalid,
                    null,
                    null,
                    "the tensors of this file are pieces, the rest of which is in other files: name the directory instead"),
            ],
        };
    }

    private static bool HasSiblings(CheckpointFile file) =>
        PieceName.TryParse(Path.GetFileName(file.Path)) is not null
        && file.Location.GetDirectory(file.Path) is { } directory
        && List(new SourceDirectory(file.Location, directory), out _).Count(name => PieceName.TryParse(name) is not null) > 1;

    private static List<string> List(SourceDirectory directory, out bool hasIndex)
    {
        string[] files = [.. directory.List().Where(entry => !entry.IsDirectory).Select(entry => entry.Name)];
        hasIndex = files.Any(name => name.EndsWith(".index.json", StringComparison.Ordinal));
        return [.. files.Where(name => name.EndsWith(Extension, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    private static bool HoldsPieces(SourceDirectory directory, string name, CancellationToken cancellationToken)
    {
        try
        {
            using var file = directory.Open(name, cancellationToken);
            return ContentDetector.Detect(file) == ContentKind.Safetensors
                && SafetensorsReader.Read(file, directory.Name, cancellationToken).Metadata.ContainsKey(ShardingInfo.MetadataKey);
        }
        catch (CheckpointException)
        {
            // A broken file among others of such names: the reader says what is wrong with it.
            return PieceName.TryParse(name) is not null;
        }
    }

    private static Checkpoint Read(SourceDirectory directory, CancellationToken cancellationToken)
    {
        var names = List(directory, out _);
        var parsed = names.Select(PieceName.TryParse).OfType<PieceName>().ToList();
        var pieces = new ShardedPieces(directory.Name);
        foreach (string missing in PieceName.FindMissing(parsed))
        {
            pieces.AddFinding(FindingCodes.ShardMissing, null, $"'{missing}{Extension}' is missing: the numbers of the files leave it out");
        }

        var metadata = new OrderedDictionary<string, string>();
        foreach (string name in parsed.Count > 0 ? names.Where(name => PieceName.TryParse(name) is not null) : names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (ReadFile(directory, name, pieces, cancellationToken) is { } file)
            {
                pieces.Add(name, file);
                foreach (var (key, value) in file.Metadata.Where(item => item.Key != ShardingInfo.MetadataKey))
                {
                    metadata.TryAdd(key, value);
                }
            }
        }

        return new Checkpoint
        {
            Path = directory.Name,
            Format = CheckpointFormats.Safetensors,
            Tensors = pieces.Assemble(cancellationToken),
            Metadata = metadata,
            Files = pieces.Files,
            ShardCount = pieces.Files.Count,
            Findings = pieces.Findings,
        };
    }

    private static Checkpoint? ReadFile(SourceDirectory directory, string name, ShardedPieces pieces, CancellationToken cancellationToken)
    {
        try
        {
            using var file = directory.Open(name, cancellationToken);
            return ContentDetector.Detect(file) == ContentKind.Safetensors
                ? SafetensorsReader.Read(file, directory.Name, cancellationToken)
                : throw new CheckpointException(CheckpointErrorIds.FormatInvalid, file.Name, "it is no safetensors file.");
        }
        catch (CheckpointException exception)
        {
            pieces.AddFinding(
                exception.ErrorId == CheckpointErrorIds.NotRegularFile ? exception.ErrorId : FindingCodes.ShardMissing,
                null,
                $"'{DisplayText.Name(name)}' cannot be read: {exception.Detail}");
            return null;
        }
    }
}

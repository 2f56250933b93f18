using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>
/// Reads the descriptions of all pieces, file by file, so that no more than one is open at a time. Each piece is a whole
/// file of <c>torch.save</c> inside another; of its tensors nothing is read.
/// </summary>
internal sealed class ChunkFiles(SourceDirectory directory, string checkpoint, CancellationToken cancellationToken)
{
    /// <summary>How much of what is in no piece is looked through.</summary>
    private const long MostBetween = 16 << 20;

    /// <summary>How an archive begins, and so most pieces.</summary>
    private static readonly byte[] ArchiveStart = [(byte)'P', (byte)'K', 3, 4];

    private readonly Dictionary<ChunkPlace, ChunkContent> contents = [];
    private long betweenLeft = MostBetween;

    /// <summary>The files that were there.</summary>
    public List<CheckpointFile> Files { get; } = [];

    public List<CheckpointFinding> Findings { get; } = [];

    /// <summary>The errors of the pieces that broke; they tell what Python would have run before the break.</summary>
    public List<CheckpointException> Errors { get; } = [];

    /// <summary>What lies in the files and in no piece: nothing that PyTorch reads, and a place to hide in.</summary>
    public List<HiddenBytes> Between { get; } = [];

    /// <summary>The names of the files that are in other places, where only a part of the files is.</summary>
    public List<string> Elsewhere { get; } = [];

    /// <summary>The pieces that were read, and could be.</summary>
    public IEnumerable<Checkpoint> Pieces => contents.Values.Select(content => content.Checkpoint).OfType<Checkpoint>();

    /// <summary>Where those pieces are.</summary>
    public IEnumerable<ArchivePlace> Archives => contents
        .Where(content => content.Value.Checkpoint is not null)
        .Select(content => new ArchivePlace(directory.GetName(content.Key.File), content.Key.Offset, content.Key.Length));

    /// <param name="wanted">Names and the places where their pieces are.</param>
    public void Read(IEnumerable<(string Key, ChunkPlace Place)> wanted)
    {
        foreach (var group in wanted.GroupBy(piece => piece.Place.File, StringComparer.Ordinal))
        {
            ReadFile(group.Key, [.. group.OrderBy(piece => piece.Place.Offset).ThenBy(piece => piece.Place.Length)]);
        }
    }

    public ChunkContent Get(ChunkPlace place) => contents[place];

    private void ReadFile(string name, List<(string Key, ChunkPlace Place)> pieces)
    {
        string shown = DisplayText.Name(name);
        if (!RelativePaths.IsInside(name))
        {
            Refuse(pieces, FindingCodes.ShardMissing, $"'{shown}' is no file in the directory of the checkpoint");
            return;
        }

        try
        {
            using var file = directory.Open(name, cancellationToken);
            Files.Add(file.Version);
            CheckLength(file, shown, pieces);
            ReadPieces(file, shown, pieces);
        }
        catch (CheckpointException exception) when (exception.ErrorId == CheckpointErrorIds.NotFound && directory.Location.HoldsPart)
        {
            Elsewhere.Add(name);
            foreach (var (_, place) in pieces)
            {
                contents.TryAdd(place, new ChunkContent(null, "a piece of it is in another place") { IsElsewhere = true });
            }
        }
        catch (CheckpointException exception)
        {
            Refuse(
                pieces,
                exception.ErrorId == CheckpointErrorIds.NotRegularFile ? exception.ErrorId : FindingCodes.ShardMissing,
                $"file '{shown}' cannot be read: {exception.Detail}");
        }
    }

    private void CheckLength(RandomAccessSource file, string shown, List<(string Key, ChunkPlace Place)> pieces)
    {
        long end = pieces.Max(piece => checked(piece.Place.Offset + piece.Place.Length));
        if (file.Length < end)
        {
            Findings.Add(new CheckpointFinding(
                FindingSeverity.Error,
                FindingCodes.FileTruncated,
                null,
                file.Length,
                $"'{shown}' is truncated: {file.Length} of {end} bytes. Get the file again"));
        }
        else if (file.Length > end)
        {
            Findings.Add(new CheckpointFinding(
                FindingSeverity.Warning,
                FindingCodes.TrailingBytes,
                null,
                end,
                $"{file.Length - end} bytes follow the last piece in '{shown}'"));
        }
    }

    private void ReadPieces(RandomAccessSource file, string shown, List<(string Key, ChunkPlace Place)> pieces)
    {
        long end = 0;
        foreach (var (key, place) in pieces)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (contents.ContainsKey(place))
            {
                continue;
            }

            // No honest writer puts one piece into another, and reading every part of a file from every byte of it on
            // would take forever.
            string? problem = place switch
            {
                { Transform: { } transform } => $"it is kept in a form that is not read here: {transform}",
                _ when place.Offset < end => $"its bytes at {place.Offset} of '{shown}' belong to another piece",
                _ when place.Offset + place.Length > file.Length =>
                    $"it needs the bytes of '{shown}' up to {place.Offset + place.Length}, and there are {file.Length}",
                _ => null,
            };
            ReadBetween(file, shown, end, Math.Min(place.Offset, file.Length));
            contents.Add(place, problem is null ? ReadPiece(file, shown, key, place) : new ChunkContent(null, problem));
            end = Math.Max(end, place.Offset + place.Length);
        }

        ReadBetween(file, shown, end, file.Length);
    }

    /// <summary>PyTorch puts the pieces side by side; what is between them was put there, or belongs to what nothing names.</summary>
    private void ReadBetween(RandomAccessSource file, string shown, long start, long end)
    {
        if (end <= start)
        {
            return;
        }

        string where = $"what is in no piece of '{shown}'";
        byte[] bytes = file.ReadRange(start, Math.Min(end - start, betweenLeft), where);
        betweenLeft -= bytes.Length;
        Between.Add(new HiddenBytes(bytes, where, IsPickle: true));

        // What follows the last piece is told by CheckLength; a whole piece there is one that the metadata does not name.
        if (end < file.Length || bytes.AsSpan().StartsWith(ArchiveStart))
        {
            Add(FindingCodes.UnlistedStorage, start, $"{end - start} bytes of '{shown}' from {start} on belong to no piece that the metadata names");
        }

        if (bytes.Length < end - start)
        {
            Add(FindingCodes.HiddenPickles, start, $"{end - start} bytes of '{shown}' belong to no piece; not all of them were looked through");
        }

        void Add(string code, long offset, string message) =>
            Findings.Add(new CheckpointFinding(FindingSeverity.Error, code, null, offset, message));
    }

    private ChunkContent ReadPiece(RandomAccessSource file, string shown, string key, ChunkPlace place)
    {
        try
        {
            var piece = CheckpointOpener.OpenFile(file.Slice(place.Offset, place.Length), checkpoint, cancellationToken);
            return ChunkContent.Of(piece, place, key);
        }
        catch (CheckpointException exception)
        {
            Errors.Add(exception);
            return new ChunkContent(null, $"its piece at byte {place.Offset} of '{shown}' cannot be read: {exception.Detail}") { IsBroken = true };
        }
    }

    private void Refuse(List<(string Key, ChunkPlace Place)> pieces, string code, string message)
    {
        Findings.Add(new CheckpointFinding(FindingSeverity.Error, code, null, null, message));
        foreach (var (_, place) in pieces)
        {
            contents.TryAdd(place, new ChunkContent(null, message));
        }
    }
}

/// <summary>What was found at the place of a piece.</summary>
/// <param name="Checkpoint">The piece, which is a checkpoint of its own; its places count from the start of the file.</param>
/// <param name="Problem">Why there is none, or null.</param>
internal sealed record ChunkContent(Checkpoint? Checkpoint, string? Problem)
{
    /// <summary>Whether its file is there, and it cannot be read all the same.</summary>
    public bool IsBroken { get; init; }

    /// <summary>Whether its file is in another place, where somebody else looks at it.</summary>
    public bool IsElsewhere { get; init; }

    /// <summary>A piece that was read as if it were a file of its own; only what it says of its places counts from its start.</summary>
    public static ChunkContent Of(Checkpoint piece, ChunkPlace place, string key) => new(
        piece with
        {
            Tensors =
            [
                .. piece.Tensors.Select(tensor => EmbeddedTensors.Adopt(
                    tensor, place.Offset, CheckpointFormats.Distributed, inner => EmbeddedTensors.Rename(inner, key))),
            ],
            Findings = [.. piece.Findings.Select(finding => finding with { Offset = finding.Offset + place.Offset })],
            Storages = [.. piece.Storages.Select(storage => storage with { Key = EmbeddedTensors.StorageKey(storage.Key, place.Offset) })],
        },
        null);
}

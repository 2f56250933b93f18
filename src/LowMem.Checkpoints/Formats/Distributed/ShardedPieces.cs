using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>
/// Puts the tensors together whose pieces lie in several safetensors files. Nothing says how large the whole is: it reaches
/// as far as its pieces do, as in PyTorch's own reader.
/// </summary>
internal sealed class ShardedPieces(string directory)
{
    private readonly OrderedDictionary<string, List<TensorChunk>> pieces = new(StringComparer.Ordinal);

    public List<CheckpointFile> Files { get; } = [];

    public List<CheckpointFinding> Findings { get; } = [];

    /// <summary>Takes the tensors of a file.</summary>
    public void Add(string name, Checkpoint file)
    {
        Files.AddRange(file.Files);
        Findings.AddRange(file.Findings);
        var offsets = ReadOffsets(name, file);
        if (offsets is null)
        {
            return;
        }

        foreach (var tensor in file.Tensors)
        {
            // A file without the text holds whole tensors.
            long[]? place = offsets.Count == 0 ? new long[tensor.Shape.Length] : offsets.GetValueOrDefault(tensor.Key);
            if (place is null || place.Length != tensor.Shape.Length)
            {
                AddFinding(
                    FindingCodes.ChunkInvalid,
                    tensor.Key,
                    $"tensor '{DisplayText.Name(tensor.Key)}': '{DisplayText.Name(name)}' does not say where its piece belongs");
                continue;
            }

            if (!pieces.TryGetValue(tensor.Key, out var chunks))
            {
                pieces.Add(tensor.Key, chunks = []);
            }

            chunks.Add(new TensorChunk(place, tensor));
        }
    }

    public List<TensorInfo> Assemble(CancellationToken cancellationToken) =>
        [.. pieces.Select(piece => Assemble(piece.Key, piece.Value, cancellationToken))];

    public void AddFinding(string code, string? key, string message) =>
        Findings.Add(new CheckpointFinding(FindingSeverity.Error, code, key, null, message));

    private Dictionary<string, long[]>? ReadOffsets(string name, Checkpoint file)
    {
        try
        {
            return file.Metadata.TryGetValue(ShardingInfo.MetadataKey, out string? text) ? ShardingInfo.Parse(text) : [];
        }
        catch (JsonException exception)
        {
            AddFinding(
                FindingCodes.ChunkInvalid, null, $"{ShardingInfo.MetadataKey} of '{DisplayText.Name(name)}' cannot be read: {exception.Message}");
            return null;
        }
    }

    private TensorInfo Assemble(string key, List<TensorChunk> chunks, CancellationToken cancellationToken)
    {
        var first = chunks[0].Source;
        string? problem = chunks.Exists(chunk => chunk.Source.DType != first.DType || chunk.Source.Shape.Length != first.Shape.Length)
            ? "its pieces are of different types or dimensions"
            : null;
        string code = FindingCodes.ChunkInvalid;
        long[] shape = first.Shape;
        if (problem is null)
        {
            try
            {
                shape = [.. Enumerable.Range(0, shape.Length).Select(i => chunks.Max(chunk => checked(chunk.Offsets[i] + chunk.Source.Shape[i])))];
                var boxes = chunks.ConvertAll(chunk => new ChunkBox(chunk.Offsets, chunk.Source.Shape));
                problem = ChunkCoverage.FindProblem(shape, boxes, cancellationToken);
                _ = DType.Get(first.DType).GetByteLength(StridedLayout.CountElements(shape));
                _ = StridedLayout.ContiguousStrides(shape);
                code = FindingCodes.ChunkLayoutInvalid;
            }
            catch (OverflowException)
            {
                problem = "its size does not fit 64 bits";
                code = FindingCodes.TensorInvalid;
                shape = first.Shape;
            }
        }

        if (problem is not null)
        {
            AddFinding(code, key, $"tensor '{DisplayText.Name(key)}': {problem}");
        }

        var parts = chunks.Where(chunk => !chunk.Source.Shape.Contains(0)).ToList();
        return ChunkedTensors.Describe(
            key,
            DType.Get(first.DType),
            shape,
            parts.Count > 0 ? parts : chunks[..1],
            problem,
            (first.Path, directory, CheckpointFormats.Safetensors));
    }
}

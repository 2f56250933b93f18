using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>Makes one tensor, or the values of one pickle, of each name of a distributed checkpoint.</summary>
internal sealed class DistributedAssembler(
    string path, string checkpoint, DistributedMetadata metadata, ChunkFiles files, CancellationToken cancellationToken)
{
    public List<TensorInfo> Tensors { get; } = [];

    public OrderedDictionary<string, object?> Values { get; } = [];

    /// <inheritdoc cref="Checkpoint.DescribedKeys"/>
    public HashSet<string> DescribedKeys { get; } = new(StringComparer.Ordinal);

    public List<CheckpointFinding> Findings { get; } = [];

    public void Add(DistributedEntry entry)
    {
        if (entry.Problem is { } problem)
        {
            AddFinding(entry.Key, FindingCodes.TensorInvalid, problem);
        }
        else if (entry.Tensor is null)
        {
            AddPickled(entry.Key);
        }
        else
        {
            AddTensor(entry.Key, entry.Tensor);
        }
    }

    /// <summary>Something that is no tensor, such as a learning rate, or a container with what it holds.</summary>
    private void AddPickled(string key)
    {
        if (Find(key, null, "what it holds", out string? problem) is not { } piece)
        {
            AddFinding(key, FindingCodes.ChunkInvalid, problem!);
            return;
        }

        Tensors.AddRange(piece.Tensors);
        foreach (var (name, value) in piece.Values)
        {
            Values[EmbeddedTensors.Rename(name, key)] = value;
            if (piece.DescribedKeys.Contains(name))
            {
                DescribedKeys.Add(EmbeddedTensors.Rename(name, key));
            }
        }
    }

    private void AddTensor(string key, DistributedTensor tensor)
    {
        try
        {
            string? layoutProblem = ChunkCoverage.FindProblem(tensor.Shape, tensor.Chunks, cancellationToken);
            var chunks = new List<TensorChunk>();
            string? problem = null;
            foreach (var box in tensor.Chunks.Where(box => !box.IsEmpty))
            {
                problem = AddChunk(key, tensor, box, chunks) ?? problem;
            }

            var whole = Describe(key, tensor, chunks, layoutProblem ?? problem);
            if (whole.UnreadableReason is not null && (layoutProblem ?? problem) is { } fault)
            {
                AddFinding(key, layoutProblem is null ? FindingCodes.ChunkInvalid : FindingCodes.ChunkLayoutInvalid, fault);
            }

            Tensors.Add(whole);
            CheckEmpty(key, tensor);
        }
        catch (OverflowException)
        {
            AddFinding(key, FindingCodes.TensorInvalid, "its size does not fit 64 bits");
        }
    }

    /// <summary>A piece of no elements is not needed for the values; what it names is loaded with it all the same.</summary>
    private void CheckEmpty(string key, DistributedTensor tensor)
    {
        foreach (var box in tensor.Chunks.Where(box => box.IsEmpty))
        {
            if (metadata.Places.TryGetValue(new PlaceKey(key, box.Offsets), out var place) && files.Get(place) is { IsBroken: true } broken)
            {
                AddFinding(key, FindingCodes.ChunkInvalid, broken.Problem!);
            }
        }
    }

    /// <summary>Adds a piece that is as it was announced; returns what is wrong with it otherwise.</summary>
    private string? AddChunk(string key, DistributedTensor tensor, ChunkBox box, List<TensorChunk> chunks)
    {
        if (Find(key, box.Offsets, $"its piece {box}", out string? problem) is not { } piece)
        {
            return problem;
        }

        if (piece.Tensors is not [var source])
        {
            return $"its piece {box} is not one tensor";
        }

        if (source.UnreadableReason is { } reason)
        {
            return $"its piece {box} cannot be read: {reason}";
        }

        if (source.DType != tensor.Type.Name || !source.Shape.AsSpan().SequenceEqual(box.Sizes))
        {
            return $"its piece {box} of {tensor.Type} is a tensor {source.DType} [{string.Join(", ", source.Shape)}]";
        }

        chunks.Add(new TensorChunk(box.Offsets, source));
        return null;
    }

    private Checkpoint? Find(string key, long[]? offsets, string what, out string? problem)
    {
        if (!metadata.Places.TryGetValue(new PlaceKey(key, offsets), out var place))
        {
            problem = $"the metadata does not say where {what} is";
            return null;
        }

        var content = files.Get(place);
        problem = content.Problem;
        return content.Checkpoint;
    }

    private TensorInfo Describe(string key, DistributedTensor tensor, List<TensorChunk> chunks, string? problem) =>
        ChunkedTensors.Describe(
            key, tensor.Type, tensor.Shape, chunks, problem, (path, checkpoint, CheckpointFormats.Distributed)) with
        {
            RequiresGrad = tensor.RequiresGrad,
        };

    private void AddFinding(string key, string code, string message) => Findings.Add(new CheckpointFinding(
        FindingSeverity.Error, code, key, null, $"tensor '{DisplayText.Name(key)}': {message}"));
}

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
        if (Find(key, null, "what it holds", out var fault) is not { } piece)
        {
            if (!fault!.IsElsewhere)
            {
                AddFinding(key, FindingCodes.ChunkInvalid, fault.Problem!);
            }

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
            ChunkContent? elsewhere = null;
            foreach (var box in tensor.Chunks.Where(box => !box.IsEmpty))
            {
                var fault = AddChunk(key, tensor, box, chunks);
                (problem, elsewhere) = fault is { IsElsewhere: true } ? (problem, fault) : (fault?.Problem ?? problem, elsewhere);
            }

            var whole = Describe(key, tensor, chunks, layoutProblem ?? problem, elsewhere?.Problem);
            if (whole.UnreadableReason is not null && (layoutProblem ?? problem) is { } wrong)
            {
                AddFinding(key, layoutProblem is null ? FindingCodes.ChunkInvalid : FindingCodes.ChunkLayoutInvalid, wrong);
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
    private ChunkContent? AddChunk(string key, DistributedTensor tensor, ChunkBox box, List<TensorChunk> chunks)
    {
        if (Find(key, box.Offsets, $"its piece {box}", out var fault) is not { } piece)
        {
            return fault;
        }

        if (piece.Tensors is not [var source])
        {
            return new ChunkContent(null, $"its piece {box} is not one tensor");
        }

        if (source.UnreadableReason is { } reason)
        {
            return new ChunkContent(null, $"its piece {box} cannot be read: {reason}");
        }

        if (source.DType != tensor.Type.Name || !source.Shape.AsSpan().SequenceEqual(box.Sizes))
        {
            return new ChunkContent(null, $"its piece {box} of {tensor.Type} is a tensor {source.DType} [{string.Join(", ", source.Shape)}]");
        }

        chunks.Add(new TensorChunk(box.Offsets, source));
        return null;
    }

    private Checkpoint? Find(string key, long[]? offsets, string what, out ChunkContent? fault)
    {
        if (!metadata.Places.TryGetValue(new PlaceKey(key, offsets), out var place))
        {
            fault = new ChunkContent(null, $"the metadata does not say where {what} is");
            return null;
        }

        var content = files.Get(place);
        fault = content.Checkpoint is null ? content : null;
        return content.Checkpoint;
    }

    /// <param name="key">The key.</param>
    /// <param name="tensor">What was announced.</param>
    /// <param name="chunks">The pieces that are here.</param>
    /// <param name="problem">What is wrong; null when nothing is.</param>
    /// <param name="elsewhere">Why not all pieces are here; null when they are.</param>
    private TensorInfo Describe(string key, DistributedTensor tensor, List<TensorChunk> chunks, string? problem, string? elsewhere)
    {
        var whole = ChunkedTensors.Describe(
            key, tensor.Type, tensor.Shape, chunks, problem ?? elsewhere, (path, checkpoint, CheckpointFormats.Distributed)) with
        {
            RequiresGrad = tensor.RequiresGrad,
        };

        // It cannot be read here, but what is here of it is known to be its own.
        return problem is null && elsewhere is not null ? whole with { Chunks = chunks } : whole;
    }

    private void AddFinding(string key, string code, string message) => Findings.Add(new CheckpointFinding(
        FindingSeverity.Error, code, key, null, $"tensor '{DisplayText.Name(key)}': {message}"));
}

using LowMem.Checkpoints.Values.Division;

namespace LowMem.Checkpoints.Values;

/// <summary>
/// What is to be read for whom: ranges of files and values of tensors. Reading it hands each byte to all who want it, and
/// reads it once: see <see cref="BlockPass"/>.
/// </summary>
/// <param name="reader">Reads tensors that are put together, and keeps what they need in memory for a while.</param>
internal sealed class BlockPlan(TensorDataReader reader)
{
    private readonly Dictionary<string, List<BlockRange>> files = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Path, long Offset, long Length), StoredContent> contents = [];
    private readonly Dictionary<(string Path, StorageExtent Storage), KeptStorage> kept = [];
    private readonly Dictionary<TensorIdentity, GatherJob> jobs = [];
    private readonly List<GatherJob> parts = [];
    private readonly List<IBlockConsumer> empty = [];

    /// <summary>Who gets what another unfolds.</summary>
    private readonly Dictionary<IBlockConsumer, IBlockConsumer> inside = [];

    /// <summary>Holds the files open.</summary>
    public TensorDataReader Reader => reader;

    /// <summary>The tensors that are put together once what they need is in memory, or by reading it once more.</summary>
    public IReadOnlyCollection<GatherJob> Jobs => [.. jobs.Values, .. parts];

    /// <summary>The storages that are kept for them.</summary>
    public IReadOnlyCollection<KeptStorage> Kept => kept.Values;

    /// <summary>Who wants no bytes at all.</summary>
    public IReadOnlyList<IBlockConsumer> Empty => empty;

    /// <summary>The blocks to be read, by file.</summary>
    public List<BlockStream> GetStreams() => [.. files.Select(file => new BlockStream(file.Key, file.Value))];

    /// <summary>Wants a range of a file.</summary>
    public void Add(string path, long offset, long length, IBlockConsumer consumer)
    {
        if (length == 0)
        {
            empty.Add(consumer);
            return;
        }

        if (!files.TryGetValue(path, out var ranges))
        {
            files.Add(path, ranges = []);
        }

        ranges.Add(new BlockRange(offset, length, consumer));
    }

    /// <summary>Says that a consumer gets its bytes from another one.</summary>
    public void AddInside(IBlockConsumer consumer, IBlockConsumer outer) => inside[consumer] = outer;

    /// <summary>
    /// Keeps the share of one part, and drops the rest. What shares bytes stays together. Call when all is planned; who plans the
    /// same on another machine, and gives out to the same loads, gets the same.
    /// </summary>
    /// <param name="part">Which part, from 0.</param>
    /// <param name="loads">What the parts have so far.</param>
    /// <param name="hasCommon">Whether what needs no bytes is dealt with here.</param>
    public PlanShare Divide(int part, PartLoads loads, bool hasCommon) =>
        new PlanDivision(files, Jobs, empty, inside, (jobs, parts, kept)).Divide(part, loads, hasCommon);

    /// <summary>The content at a place of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Where the bytes, or the compressed bytes, begin.</param>
    /// <param name="length">The bytes of content.</param>
    /// <param name="packedLength">The compressed bytes, or null.</param>
    public StoredContent GetContent(string path, long offset, long length, long? packedLength)
    {
        if (!contents.TryGetValue((path, offset, length), out var content))
        {
            contents.Add((path, offset, length), content = new StoredContent(this, path, offset, length, packedLength));
        }

        return content;
    }

    /// <summary>The content that is the storage of a tensor; null when its bytes are in no file.</summary>
    public StoredContent? GetContent(TensorInfo tensor) => tensor.Storage switch
    {
        { Offset: >= 0 } storage => GetContent(tensor.Path, storage.Offset, storage.ByteLength, packedLength: null),
        { Deflated: var (offset, packedLength) } storage => GetContent(tensor.Path, offset, storage.ByteLength, packedLength),
        _ => null,
    };

    /// <summary>Wants the values of a tensor, packed, in row-major order and little-endian.</summary>
    public void Add(TensorInfo tensor, IBlockConsumer consumer)
    {
        if (tensor.Chunks is [var only] && only.Source.ByteLength == tensor.ByteLength)
        {
            Add(only.Source, consumer);
        }
        else if (IsAsStored(tensor) && GetContent(tensor) is { } content)
        {
            content.Add(tensor.StorageStart, tensor.ByteLength, consumer);
        }
        else
        {
            GetJob(tensor).Consumers.Add(consumer);
        }
    }

    /// <summary>Wants the values of a part of a tensor. Of the storage, only what the part needs is read.</summary>
    public void Add(TensorView view, IBlockConsumer consumer)
    {
        if (view.IsWhole)
        {
            Add(view.Tensor, consumer);
        }
        else if (view.Tensor.Chunks is null && view.ToTensorInfo() is var part && IsAsStored(part) && GetContent(part) is { } content)
        {
            content.Add(part.StorageStart, part.ByteLength, consumer);
        }
        else
        {
            var job = new GatherJob(view);
            job.Consumers.Add(consumer);
            parts.Add(job);
        }
    }

    /// <summary>Whether the values are a range of the storage as it is.</summary>
    private static bool IsAsStored(TensorInfo tensor) => tensor is
    {
        Chunks: null, IsContiguous: true, IsConjugated: false, IsNegated: false, Storage.IsBigEndian: false,
    };

    private GatherJob GetJob(TensorInfo tensor)
    {
        var identity = TensorIdentity.OfValues(tensor);
        if (!jobs.TryGetValue(identity, out var job))
        {
            jobs.Add(identity, job = new GatherJob(new TensorView(tensor)));

            foreach (var part in tensor.Chunks?.Select(chunk => chunk.Source) ?? [tensor])
            {
                // Nearly nothing of a storage may be wanted of a slice; but one that is compressed has to be unfolded whole.
                if (tensor.WholeShape is null || part.Storage is { Offset: < 0 })
                {
                    Keep(part, job);
                }
            }
        }

        return job;
    }

    private void Keep(TensorInfo tensor, GatherJob job)
    {
        if (tensor.Storage is not { } storage || storage.ByteLength > reader.Kept.Room || GetContent(tensor) is not { } content)
        {
            return;
        }

        if (!kept.TryGetValue((tensor.Path, storage), out var one))
        {
            kept.Add((tensor.Path, storage), one = new KeptStorage(reader.Kept, tensor));
            content.Add(0, storage.ByteLength, one);
        }

        job.WaitFor(one);
    }
}

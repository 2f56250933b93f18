using System.Collections.Concurrent;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Values;

/// <summary>
/// Reads the values of tensors, block by block, in row-major order and little-endian, whatever their place and
/// strides in the file. Keeps the files open until disposed. Safe for several threads.
/// </summary>
/// <remarks>
/// What was listed is what is read: every file is opened as the version that the checkpoint was listed from, or the error is
/// <see cref="CheckpointErrorIds.Changed"/>. What is put in its place later does not reach who has it open.
/// </remarks>
public sealed class TensorDataReader : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<RandomAccessSource>> files = new(StringComparer.Ordinal);
    private readonly UnaddressableStorages unaddressable = new();
    private readonly Dictionary<string, CheckpointFile>? listed;
    private readonly CheckpointLocation location = CheckpointLocation.Local;

    /// <summary>The storages that are in memory for a while, so that their values are not read again.</summary>
    internal KeptStorages Kept { get; init; } = new();

    /// <summary>Creates a reader of the tensors of one checkpoint; opens nothing yet.</summary>
    /// <param name="checkpoint">The checkpoint, which knows its files as they were when it was listed.</param>
    public TensorDataReader(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        listed = checkpoint.AllFiles.DistinctBy(file => file.Path, StringComparer.Ordinal)
            .ToDictionary(file => file.Path, StringComparer.Ordinal);
    }

    /// <summary>Creates a reader of tensors of any file, as it is when it is opened for the first time.</summary>
    /// <param name="location">Where the files are; null for the local file system.</param>
    internal TensorDataReader(CheckpointLocation? location = null) => this.location = location ?? CheckpointLocation.Local;

    /// <summary>Reads a part of the packed, row-major bytes of a tensor.</summary>
    /// <param name="tensor">A tensor whose <see cref="TensorInfo.UnreadableReason"/> is null.</param>
    /// <param name="byteOffset">
    /// Where to start, in bytes of the packed tensor; a multiple of the element size, any for elements smaller than a byte.
    /// </param>
    /// <param name="destination">Filled whole; its length is a multiple of the element size.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="CheckpointException">The file is gone, changed or shorter than it was, or the tensor cannot be read.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensor, or cuts an element.</exception>
    public void Read(TensorInfo tensor, long byteOffset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        CheckReadable(tensor);
        Read(new TensorView(tensor), byteOffset, destination, cancellationToken);
    }

    /// <summary>Reads a part of the packed, row-major bytes of a part of a tensor.</summary>
    /// <param name="view">A part of a tensor whose <see cref="TensorInfo.UnreadableReason"/> is null.</param>
    /// <param name="byteOffset">Where to start, in bytes of the packed part; a multiple of the element size.</param>
    /// <param name="destination">Filled whole; its length is a multiple of the element size.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="CheckpointException">The file is gone, changed or shorter than it was, or the tensor cannot be read.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the part, or cuts an element.</exception>
    public void Read(TensorView view, long byteOffset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(view);
        var tensor = view.Tensor;
        CheckReadable(tensor);
        var type = DType.Get(tensor.DType);
        ArgumentOutOfRangeException.ThrowIfNegative(byteOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteOffset, view.ByteLength - destination.Length);

        // Elements smaller than a byte are read as they are packed.
        int size = Math.Max(1, type.ByteSize);
        ArgumentOutOfRangeException.ThrowIfNotEqual(byteOffset % size, 0, nameof(byteOffset));
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length % size, 0, nameof(destination));
        if (destination.IsEmpty)
        {
            return;
        }

        var storage = OpenStorage(tensor, type, cancellationToken);
        long start = tensor.StorageStart + (view.Start * size);
        if (view.IsContiguous)
        {
            storage.Read(start + byteOffset, destination);
        }
        else
        {
            new StridedGather(StridedDimension.Of(view.Shape, view.Stride), size, view.IsSparing)
                .Read(storage, start, byteOffset / size, destination, cancellationToken);
        }

        // Pieces come as the values that they are.
        if (tensor.Chunks is not null)
        {
            return;
        }

        if (tensor.Storage is { IsBigEndian: true })
        {
            ElementBits.ReverseByteOrder(destination, type);
        }

        if (tensor.IsNegated || tensor.IsConjugated)
        {
            ElementBits.FlipSigns(destination, type, tensor.IsNegated, tensor.IsConjugated);
        }
    }

    /// <summary>
    /// Says which tensors will be read whole, each once and in the order of the files: where each read takes a while, they are
    /// fetched side by side. Elsewhere nothing is done.
    /// </summary>
    /// <param name="tensors">The tensors.</param>
    /// <param name="cancellationToken">Ends the fetching early.</param>
    public void ReadAhead(IEnumerable<TensorInfo> tensors, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var stored = tensors
            .SelectMany(tensor => tensor.Chunks is { } chunks ? chunks.Select(chunk => chunk.Source) : [tensor])
            .Where(tensor => tensor is { Storage.Offset: >= 0, IsContiguous: true });
        foreach (var file in stored.GroupBy(tensor => tensor.Path, StringComparer.Ordinal))
        {
            bool isNear = listed is not null && listed.TryGetValue(file.Key, out var version) && version.Location.IsListed;
            if (!isNear && GetFile(file.Key).Far is { } far)
            {
                far.ReadAhead(file.Select(tensor => new ByteRange(tensor.Storage!.Offset + tensor.StorageStart, tensor.ByteLength)), cancellationToken);
            }
        }
    }

    /// <summary>
    /// Makes sure that none of the files that are open was written to since the checkpoint was listed. Call this when all is
    /// read: what was read then was all of one version.
    /// </summary>
    /// <exception cref="CheckpointException">One was.</exception>
    public void CheckUnchanged()
    {
        foreach (var (path, file) in files)
        {
            if (file.IsValueCreated && listed?.GetValueOrDefault(path) is { } version)
            {
                file.Value.CheckUnchanged(version);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files.Values)
        {
            if (file.IsValueCreated)
            {
                file.Value.Dispose();
            }
        }
    }

    private static void CheckReadable(TensorInfo tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.UnreadableReason is { } reason)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsupported, tensor.Path, $"the values of '{DisplayText.Name(tensor.Key)}' cannot be read: {reason}.")
            {
                Record = tensor.Key,
            };
        }
    }

    private IStorageBytes OpenStorage(TensorInfo tensor, DType type, CancellationToken cancellationToken)
    {
        if (tensor.Chunks is not null)
        {
            return new ChunkedGather(this, tensor, type.ByteSize, cancellationToken);
        }

        if (Kept.Find(tensor) is { } kept)
        {
            return new MemoryStorageBytes(kept.Memory);
        }

        var file = GetFile(tensor.Path);
        return tensor.Storage is { Offset: >= 0 } storage
            ? new FileStorageBytes(file, storage.Offset, $"tensor '{DisplayText.Name(tensor.Key)}'", cancellationToken)
            : new MemoryStorageBytes(unaddressable.Get(file.With(cancellationToken), tensor));
    }

    /// <summary>The open file at a path.</summary>
    internal RandomAccessSource GetFile(string path) =>
        files.GetOrAdd(path, name => new Lazy<RandomAccessSource>(() => Open(name))).Value;

    private RandomAccessSource Open(string path) => listed switch
    {
        null => location.OpenUnbuffered(path),
        _ when listed.TryGetValue(path, out var version) => ListedFile.OpenSource(version),
        _ => throw new CheckpointException(
            CheckpointErrorIds.Changed, path, "the file is none of those that the checkpoint was listed from. List the checkpoint again."),
    };
}

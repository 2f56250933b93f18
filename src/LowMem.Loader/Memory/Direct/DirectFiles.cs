using System.Collections.Concurrent;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Sources;

namespace LowMem.Loader.Memory.Direct;

/// <summary>
/// Reads of tensors past the page cache, where they are not in it. The kernel reads ahead of one reader, and loses sight of several;
/// a disk that is asked for many blocks at once is faster, and what goes into memory of the process need not be in the cache as well.
/// </summary>
/// <param name="files">The files as they were listed.</param>
internal sealed class DirectFiles(IReadOnlyList<CheckpointFile> files) : IDisposable
{
    private readonly Dictionary<string, CheckpointFile> versions = files.DistinctBy(file => file.Path, StringComparer.Ordinal)
        .ToDictionary(file => file.Path, StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, Lazy<DirectFile?>> opened = new(StringComparer.Ordinal);

    /// <summary>Reads a part of a tensor's values.</summary>
    /// <returns>False when they have to be read in the ordinary way: then nothing was done.</returns>
    public bool TryRead(TensorInfo tensor, long offset, Span<byte> destination, DirectBuffer buffer)
    {
        if (!tensor.IsContiguous || !FileTensors.AreUsable(tensor) || !versions.TryGetValue(tensor.Path, out var version))
        {
            return false;
        }

        var file = opened.GetOrAdd(tensor.Path, _ => new Lazy<DirectFile?>(() => DirectFile.TryOpen(version))).Value;
        return file?.TryRead(tensor.Offset + offset, destination, buffer) == true;
    }

    /// <summary>Makes sure that no file was written to since it was listed.</summary>
    /// <exception cref="Checkpoints.Diagnostics.CheckpointException">One was.</exception>
    public void CheckUnchanged()
    {
        foreach (var file in opened.Values)
        {
            file.Value?.CheckUnchanged();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in opened.Values.Where(file => file.IsValueCreated))
        {
            file.Value?.Dispose();
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LowMem.Checkpoints;
using static TorchSharp.torch;

namespace LowMem.Loader.Memory;

/// <summary>
/// A checkpoint file in memory, and the tensors that lie on it. The file is unmapped when the creator has disposed
/// of this object and the last tensor on it is gone, whichever comes later; nothing waits for the garbage collector
/// but tensors that nobody disposes of.
/// </summary>
internal sealed unsafe class MemoryMap : IDisposable
{
    // libtorch tells a deleter only the address a tensor lay at. Maps do not overlap, so the address names the map.
    private static readonly List<MemoryMap> Live = [];

    private readonly FileMapping mapping;
    private readonly nint start;
    private int references = 1;
    private int disposed;

    private MemoryMap(string path, FileMapping mapping, long length)
    {
        Path = path;
        Length = length;
        this.mapping = mapping;
        start = mapping.Address;
        lock (Live)
        {
            Live.Add(this);
        }
    }

    /// <summary>The mapped file.</summary>
    public string Path { get; }

    /// <summary>Its length in bytes.</summary>
    public long Length { get; }

    /// <summary>Maps a file, provided it is still the one that was listed.</summary>
    /// <param name="file">The file as it was when it was listed; not empty.</param>
    /// <exception cref="CheckpointException">The file is gone, locked or changed, or cannot be mapped.</exception>
    public static MemoryMap Open(CheckpointFile file) => Open(file, FileMapping.Create);

    internal static MemoryMap Open(CheckpointFile file, Func<FileStream, long, FileMapping> create)
    {
        using var stream = ListedFile.Open(file);
        try
        {
            return new MemoryMap(file.Path, create(stream, file.Length), file.Length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsupported,
                file.Path,
                $"The file cannot be mapped into memory ({error.Message}). Load it resident instead.",
                error);
        }
    }

    /// <summary>How many times a file is mapped now.</summary>
    public static int CountLive(string path)
    {
        lock (Live)
        {
            return Live.Count(map => map.Path == path);
        }
    }

    /// <summary>Whether elements of a size can be used in place at an offset: libtorch wants them aligned.</summary>
    public static bool IsAligned(long offset, int elementSize) => offset % elementSize == 0;

    /// <summary>Makes a contiguous tensor over a part of the file.</summary>
    /// <param name="offset">Where the part starts, in bytes; aligned to the element size.</param>
    /// <param name="shape">The size of each dimension; none is 0.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="elementSize">The bytes of one element.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the file, or not aligned.</exception>
    public Tensor CreateTensor(long offset, ReadOnlySpan<long> shape, ScalarType type, int elementSize)
    {
        long elementCount = 1;
        foreach (var size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(size, 1, nameof(shape));
            elementCount *= size;
        }

        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfLessThan(elementSize, 1);
        if (!IsAligned(offset, elementSize) || offset > Length || elementCount > (Length - offset) / elementSize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), offset, $"{elementCount} elements of {elementSize} bytes do not fit the {Length} bytes of {Path} here.");
        }

        Interlocked.Increment(ref references);

        // Should libtorch refuse, the reference is kept for good: whether the deleter has run cannot be told, and a map
        // that stays is better than one that goes while a tensor lies on it. Everything it refuses is ruled out above.
        return NativeTensors.Over(checked((nint)(start + offset)), shape, type, &OnTensorFreed);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            Release();
        }
    }

    // An exception that leaves this method ends the process, so nothing here may throw.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnTensorFreed(nint address)
    {
        MemoryMap? map = null;
        lock (Live)
        {
            foreach (var candidate in Live)
            {
                if (address >= candidate.start && address - candidate.start < candidate.Length)
                {
                    map = candidate;
                    break;
                }
            }
        }

        map?.Release();
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref references) != 0)
        {
            return;
        }

        // Out of the list before the addresses are free for another map.
        lock (Live)
        {
            Live.Remove(this);
        }

        mapping.Dispose();
    }
}
